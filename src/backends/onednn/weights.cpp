#include "backends/onednn/weights.hpp"

#include "backends/onednn/fit_pairs.hpp"
#include "backends/onednn/view.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/tensor_data.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lp::onednn {
namespace {

bool lies_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

constexpr std::size_t least_in_place = std::size_t{1} << 20U;  // tables of embeddings, not biases

bool is_aligned(std::span<const std::byte> data) {
  return reinterpret_cast<std::uintptr_t>(data.data()) % alignof(float) == 0;
}

}  // namespace

const StoredTensor& PackedWeights::tensor(const std::string& path) const {
  const auto found = checkpoint_.tensors.find(path);
  if (found == checkpoint_.tensors.end())
    fail(Fault::bad_model, "{}: no tensor `{}`", checkpoint_.file, path);
  return found->second;
}

PackedWeights* PackedWeights::sharing(const std::string& path) const {
  if (alike_ == nullptr) return nullptr;
  const auto other = alike_->checkpoint_.tensors.find(path);
  const bool same = other != alike_->checkpoint_.tensors.end() &&
                    other->second.data.data() == tensor(path).data.data() &&
                    other->second.scales.data() == tensor(path).scales.data() &&
                    other->second.smoothing.data() == tensor(path).smoothing.data();
  return same ? alike_.get() : nullptr;
}

/// `source` in the form `wanted`, kept. The lock is held.
dnnl::memory PackedWeights::packed(const std::string& path, dnnl::memory source,
                                   const dnnl::memory::desc& wanted) {
  dnnl::memory form(wanted, engine_, pages_.take(wanted.get_size()));
  dnnl::stream stream(engine_);
  dnnl::reorder(source, form).execute(stream, source, form);
  stream.wait();
  const std::span<const std::byte> data = tensor(path).data;
  if (lies_within(data, checkpoint_.mapped)) drop_pages(data);
  return packed_[path].emplace_back(form);
}

dnnl::memory PackedWeights::get(const std::string& path, const dnnl::memory::desc& stored,
                                const dnnl::memory::desc& wanted) {
  if (PackedWeights* const other = sharing(path); other != nullptr) return other->get(path, stored, wanted);
  const std::scoped_lock lock(mutex_);
  for (const dnnl::memory& form : packed_[path])
    if (form.get_desc() == wanted) return form;
  const StoredTensor& from = tensor(path);
  LP_ASSERT(stored.get_size() == from.data.size() / lp::size_bytes(from.dtype) * sizeof(float));
  if (lies_within(from.data, checkpoint_.mapped) && from.dtype == DType::f32 && stored == wanted &&
      from.data.size() >= least_in_place && is_aligned(from.data))
    // oneDNN reads weights only; its memory objects know no const.
    return dnnl::memory(wanted, engine_, const_cast<std::byte*>(from.data.data()));
  std::vector<float> values = to_f32(from);
  return packed(path, dnnl::memory(stored, engine_, values.data()), wanted);
}

dnnl::memory PackedWeights::get_arranged(
    const std::string& path, const std::function<std::vector<float>(std::span<const float>)>& arrange,
    const dnnl::memory::desc& arranged, const dnnl::memory::desc& wanted) {
  if (PackedWeights* const other = sharing(path); other != nullptr)
    return other->get_arranged(path, arrange, arranged, wanted);
  const std::scoped_lock lock(mutex_);
  for (const dnnl::memory& form : packed_[path])
    if (form.get_desc() == wanted) return form;
  std::vector<float> values = arrange(to_f32(tensor(path)));
  LP_ASSERT(arranged.get_size() == values.size() * sizeof(float));
  return packed(path, dnnl::memory(arranged, engine_, values.data()), wanted);
}

bool PackedWeights::is_quantized(const std::string& path) const {
  return !tensor(path).scales.empty();
}

bool PackedWeights::is_smoothed(const std::string& path) const {
  return !tensor(path).smoothing.empty();
}

dnnl::memory PackedWeights::get_levels(const std::string& path, const dnnl::memory::desc& stored,
                                       const dnnl::memory::desc& wanted) {
  if (PackedWeights* const other = sharing(path); other != nullptr)
    return other->get_levels(path, stored, wanted);
  const std::scoped_lock lock(mutex_);
  for (const dnnl::memory& form : packed_[path])
    if (form.get_desc() == wanted) return form;
  const StoredTensor& from = tensor(path);
  LP_ASSERT(from.dtype == DType::i8 && stored.get_size() == from.data.size());
  std::vector<std::int8_t> values = fitted(path).numbers;
  last_ = {};
  return packed(path, dnnl::memory(stored, engine_, values.data()), wanted);
}

/// The numbers and scales that this processor computes with. The lock is held.
const PackedWeights::Levels& PackedWeights::fitted(const std::string& path) {
  if (last_.path == path) return last_;
  const StoredTensor& from = tensor(path);
  last_ = {path, std::vector<std::int8_t>(from.data.size()), scales_of(from)};
  Levels& levels = last_;
  if (from.data.empty()) return levels;
  std::memcpy(levels.numbers.data(), from.data.data(), from.data.size());
  if (!adds_in_16_bits_) return levels;
  const std::size_t width = levels.numbers.size() / levels.scales.size();
  const auto rows = static_cast<std::int64_t>(levels.scales.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    levels.scales[row] /= fit_pairs(std::span(levels.numbers).subspan(row * width, width), from.shape.at(1));
  }
  return levels;
}

dnnl::memory PackedWeights::scales(const std::string& path) {
  if (PackedWeights* const other = sharing(path); other != nullptr) return other->scales(path);
  const std::scoped_lock lock(mutex_);
  if (const auto it = scales_.find(path); it != scales_.end()) return it->second;
  const std::vector<float> values = fitted(path).scales;
  const auto count = static_cast<std::int64_t>(values.size());
  dnnl::memory memory({{count}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x}, engine_);
  std::copy(values.begin(), values.end(), static_cast<float*>(memory.get_data_handle()));
  scales_.emplace(path, memory);
  return memory;
}

PackedWeights::QuantizedRows PackedWeights::quantized_rows(const std::string& path) {
  if (PackedWeights* const other = sharing(path); other != nullptr) return other->quantized_rows(path);
  const std::scoped_lock lock(mutex_);
  if (const auto it = stored_rows_.find(path); it != stored_rows_.end()) return it->second;
  const StoredTensor& from = tensor(path);
  auto* const numbers = pages_.take(from.data.size());
  std::ranges::copy(from.data, numbers);
  const std::vector<float> values = scales_of(from);
  auto* const scales = reinterpret_cast<float*>(pages_.take(values.size() * sizeof(float)));
  std::ranges::copy(values, scales);
  if (lies_within(from.data, checkpoint_.mapped)) drop_pages(from.data);
  stored_bytes_ += from.data.size();
  return stored_rows_.emplace(path, QuantizedRows{reinterpret_cast<const std::int8_t*>(numbers), scales})
      .first->second;
}

std::size_t PackedWeights::size_bytes() const {
  const std::scoped_lock lock(mutex_);
  std::size_t total = stored_bytes_;
  for (const auto& [path, forms] : packed_)
    for (const dnnl::memory& form : forms) total += form.get_desc().get_size();
  return total;
}

}  // namespace lp::onednn
