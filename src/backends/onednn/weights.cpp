#include "backends/onednn/weights.hpp"

#include "backends/onednn/view.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/tensor_data.hpp"

#include <cstdint>

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

dnnl::memory PackedWeights::get(const std::string& path, const dnnl::memory::desc& stored,
                                const dnnl::memory::desc& wanted) {
  const std::scoped_lock lock(mutex_);
  std::vector<dnnl::memory>& forms = packed_[path];
  for (const dnnl::memory& form : forms)
    if (form.get_desc() == wanted) return form;
  const auto found = checkpoint_.tensors.find(path);
  if (found == checkpoint_.tensors.end())
    fail(Fault::bad_model, "{}: no tensor `{}`", checkpoint_.file, path);
  const StoredTensor& tensor = found->second;
  LP_ASSERT(stored.get_size() == tensor.data.size() / lp::size_bytes(tensor.dtype) * sizeof(float));
  const bool mapped = lies_within(tensor.data, checkpoint_.mapped);
  if (mapped && tensor.dtype == DType::f32 && stored == wanted && tensor.data.size() >= least_in_place &&
      is_aligned(tensor.data))
    // oneDNN reads weights only; its memory objects know no const.
    return dnnl::memory(wanted, engine_, const_cast<std::byte*>(tensor.data.data()));
  std::vector<float> values = to_f32(tensor);
  dnnl::memory source(stored, engine_, values.data());
  dnnl::memory form(wanted, engine_);
  dnnl::stream stream(engine_);
  dnnl::reorder(source, form).execute(stream, source, form);
  stream.wait();
  if (mapped) drop_pages(tensor.data);
  return forms.emplace_back(form);
}

std::size_t PackedWeights::size_bytes() const {
  const std::scoped_lock lock(mutex_);
  std::size_t total = 0;
  for (const auto& [path, forms] : packed_)
    for (const dnnl::memory& form : forms) total += form.get_desc().get_size();
  return total;
}

}  // namespace lp::onednn
