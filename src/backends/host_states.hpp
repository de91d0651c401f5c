#pragma once
#include "backends/backend.hpp"

#include <map>

namespace lp {

/// States in this machine's memory, row-major: what the runtimes on processors share.
class HostStates final : public States {
 public:
  struct Slot {
    DType dtype = DType::f32;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> data;
  };

  /// The states of `graphs`; `type_of` gives each its type by name: f32 or bf16.
  /// @throws Error{bad_model} if two graphs want one of them in two shapes.
  HostStates(std::span<const Graph* const> graphs, const std::function<DType(std::string_view)>& type_of);

  /// A state that a plan wants. @throws Error{internal} if it is not there in this shape and type.
  Slot& slot(std::string_view name, DType dtype, std::span<const std::int64_t> shape);

  void clear() override;
  std::size_t bytes() const override;
  std::vector<float> read(std::string_view name) const override;
  void write(std::string_view name, std::span<const float> values) override;

 private:
  std::map<std::string, Slot, std::less<>> slots_;
};

/// The HostStates of a run whose graph has states. @throws Error{internal} if it was given none, or those of
/// another kind of runtime.
HostStates& host_states(const Run& run);

}  // namespace lp
