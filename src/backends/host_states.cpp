#include "backends/host_states.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cstring>

namespace lp {
namespace {

template <class Slots>
auto& find(Slots& slots, std::string_view name) {
  const auto it = slots.find(name);
  if (it == slots.end()) fail(Fault::internal, "there is no state `{}`", name);
  return it->second;
}

}  // namespace

HostStates::HostStates(std::span<const Graph* const> graphs,
                       const std::function<DType(std::string_view)>& type_of) {
  for (const Graph* graph : graphs)
    for (const Graph::StateVersions& state : graph->states()) {
      const Node& node = (*graph)[state.first];
      const auto [it, fresh] = slots_.try_emplace(node.name);
      Slot& slot = it->second;
      if (!fresh && slot.shape != sizes(node.shape))
        fail(Fault::bad_model, "graph {}: state `{}` is {} here and [{}] in another graph", graph->name,
             node.name, text(node.shape), fmt::join(slot.shape, ", "));
      slot.dtype = type_of(node.name);
      LP_ASSERT(slot.dtype == DType::f32 || slot.dtype == DType::bf16);
      slot.shape = sizes(node.shape);
      slot.data.resize(static_cast<std::size_t>(elements(node.shape)) * size_bytes(slot.dtype));
    }
}

HostStates::Slot& HostStates::slot(std::string_view name, DType dtype, std::span<const std::int64_t> shape) {
  Slot& slot = find(slots_, name);
  if (slot.dtype != dtype || !std::equal(shape.begin(), shape.end(), slot.shape.begin(), slot.shape.end()))
    fail(Fault::internal, "the state `{}` is {} [{}], but the plan was made for {} [{}]", name,
         lp::name(slot.dtype), fmt::join(slot.shape, ", "), lp::name(dtype), fmt::join(shape, ", "));
  return slot;
}

void HostStates::clear() {
  for (auto& [name, slot] : slots_) std::fill(slot.data.begin(), slot.data.end(), std::byte{0});
}

std::size_t HostStates::bytes() const {
  std::size_t total = 0;
  for (const auto& [name, slot] : slots_) total += slot.data.size();
  return total;
}

std::vector<float> HostStates::read(std::string_view name) const {
  const Slot& slot = find(slots_, name);
  std::vector<float> values(slot.data.size() / size_bytes(slot.dtype));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (slot.dtype == DType::f32) {
      std::memcpy(&values[i], slot.data.data() + i * sizeof(float), sizeof(float));
    } else {
      std::uint16_t bits = 0;
      std::memcpy(&bits, slot.data.data() + i * sizeof bits, sizeof bits);
      values[i] = bfloat_to_float(bits);
    }
  }
  return values;
}

void HostStates::write(std::string_view name, std::span<const float> values) {
  Slot& slot = find(slots_, name);
  if (values.size() * size_bytes(slot.dtype) != slot.data.size())
    fail(Fault::internal, "{} values for the state `{}` of [{}]", values.size(), name,
         fmt::join(slot.shape, ", "));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits = float_to_bfloat(values[i]);
    if (slot.dtype == DType::f32)
      std::memcpy(slot.data.data() + i * sizeof(float), &values[i], sizeof(float));
    else
      std::memcpy(slot.data.data() + i * sizeof bits, &bits, sizeof bits);
  }
}

HostStates& host_states(const Run& run) {
  auto* const states = dynamic_cast<HostStates*>(run.states);
  if (states == nullptr) fail(Fault::internal, "a graph with states was run without them");
  return *states;
}

}  // namespace lp
