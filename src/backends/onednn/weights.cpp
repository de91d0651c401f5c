#include "backends/onednn/weights.hpp"

#include "backends/onednn/view.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/tensor_data.hpp"

namespace lp::onednn {
namespace {

bool lies_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

dnnl::memory PackedWeights::get(const std::string& path, const std::vector<std::int64_t>& dims,
                                const dnnl::memory::desc& wanted) {
  const std::scoped_lock lock(mutex_);
  std::vector<dnnl::memory>& forms = packed_[path];
  for (const dnnl::memory& form : forms)
    if (form.get_desc() == wanted) return form;
  const auto stored = checkpoint_.tensors.find(path);
  if (stored == checkpoint_.tensors.end())
    fail(Fault::bad_model, "{}: no tensor `{}`", checkpoint_.file, path);
  std::vector<float> values = to_f32(stored->second);
  const dnnl::memory::desc plain(dims, dnnl::memory::data_type::f32, row_major(dims));
  LP_ASSERT(plain.get_size() == values.size() * sizeof(float));
  dnnl::memory source(plain, engine_, values.data());
  dnnl::memory form(wanted, engine_);
  dnnl::stream stream(engine_);
  dnnl::reorder(source, form).execute(stream, source, form);
  stream.wait();
  if (lies_within(stored->second.data, checkpoint_.mapped)) drop_pages(stored->second.data);
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
