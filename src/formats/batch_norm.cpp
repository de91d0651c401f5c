#include "formats/batch_norm.hpp"

#include "base/error.hpp"
#include "formats/checks.hpp"
#include "formats/tensor_data.hpp"

#include <array>
#include <cmath>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace lp {
namespace {

/// Names of a convolution and the norm behind it, below the same module.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> layers = {
    {{"conv", "bn"},
     {"conv1", "bn1"},
     {"conv2", "bn2"},
     {"conv3", "bn3"},
     {"downsample.0", "downsample.1"},
     {"conv", "batch_norm"},
     {"depthwise_conv", "norm"}}};

/// What was folded, and the data that it came from.
struct Storage {
  std::shared_ptr<const void> before;
  std::deque<std::vector<std::byte>> made;

  StoredTensor keep(const std::vector<float>& values, std::vector<std::int64_t> shape) {
    return {DType::f32, std::move(shape), made.emplace_back(from_f32(values, DType::f32))};
  }
};

struct Pair {
  std::string conv, norm;  // module paths
};

/// The pair whose norm has this `running_var`; nothing where no convolution precedes it.
std::optional<Pair> pair_of(const Checkpoint& checkpoint, std::string_view running_var) {
  constexpr std::string_view ending = ".running_var";
  if (!running_var.ends_with(ending)) return {};
  const std::string_view norm = running_var.substr(0, running_var.size() - ending.size());
  for (const auto& [conv_name, norm_name] : layers) {
    if (!norm.ends_with(norm_name)) continue;
    const std::string_view above = norm.substr(0, norm.size() - norm_name.size());
    if (!above.empty() && above.back() != '.') continue;
    std::string conv = std::string(above) + std::string(conv_name);
    const auto weight = checkpoint.tensors.find(conv + ".weight");
    if (weight != checkpoint.tensors.end() && weight->second.shape.size() > 2)
      return Pair{std::move(conv), std::string(norm)};
  }
  return {};
}

/// A vector with one value a channel, or `fallback` for each where there may be no such tensor.
std::vector<float> channels_of(const Checkpoint& checkpoint, const std::string& name, std::size_t count,
                               std::optional<float> fallback = {}) {
  const auto found = checkpoint.tensors.find(name);
  if (found == checkpoint.tensors.end() && fallback) return std::vector<float>(count, *fallback);
  if (found == checkpoint.tensors.end())
    fail(Fault::bad_model, "{}: no tensor `{}`, which every batch norm has", checkpoint.file, name);
  if (found->second.shape != std::vector<std::int64_t>{static_cast<std::int64_t>(count)})
    fail(Fault::bad_model, "{}: `{}` is {}, but the convolution before it has {} channels", checkpoint.file,
         name, shape_text(found->second.shape), count);
  return to_f32(found->second);
}

void fold(Checkpoint& checkpoint, const Pair& pair, double eps, Storage& storage) {
  const StoredTensor conv = checkpoint.tensors.find(pair.conv + ".weight")->second;
  const auto count = static_cast<std::size_t>(conv.shape[0]);
  const std::vector<float> gamma = channels_of(checkpoint, pair.norm + ".weight", count, 1.0F),
                           beta = channels_of(checkpoint, pair.norm + ".bias", count, 0.0F),
                           mean = channels_of(checkpoint, pair.norm + ".running_mean", count),
                           variance = channels_of(checkpoint, pair.norm + ".running_var", count);
  std::vector<float> bias = channels_of(checkpoint, pair.conv + ".bias", count, 0.0F), weight = to_f32(conv);
  const std::size_t row = count == 0 ? 0 : weight.size() / count;
  for (std::size_t channel = 0; channel < count; ++channel) {
    const double spread = variance[channel] + eps;
    if (!(spread > 0) || !std::isfinite(spread))
      fail(Fault::bad_model, "{}: `{}.running_var` is {} for channel {}, with eps {}; no variance is that",
           checkpoint.file, pair.norm, variance[channel], channel, eps);
    const double scale = gamma[channel] / std::sqrt(spread);
    for (std::size_t i = channel * row; i < (channel + 1) * row; ++i)
      weight[i] = static_cast<float>(weight[i] * scale);
    bias[channel] =
        static_cast<float>((double{bias[channel]} - double{mean[channel]}) * scale + double{beta[channel]});
  }
  checkpoint.tensors.insert_or_assign(pair.conv + ".weight", storage.keep(weight, conv.shape));
  checkpoint.tensors.insert_or_assign(pair.conv + ".bias", storage.keep(bias, {conv.shape[0]}));
  for (const char* name : {".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked"})
    checkpoint.tensors.erase(pair.norm + name);
}

}  // namespace

void fold_batch_norms(Checkpoint& checkpoint, double eps) {
  std::vector<Pair> pairs;
  for (const auto& [name, tensor] : checkpoint.tensors)
    if (auto pair = pair_of(checkpoint, name)) pairs.push_back(std::move(*pair));
  if (pairs.empty()) return;
  const auto storage = std::make_shared<Storage>();
  for (const Pair& pair : pairs) {
    const auto known = checkpoint.batch_norm_eps.find(pair.norm);
    fold(checkpoint, pair, known == checkpoint.batch_norm_eps.end() ? eps : known->second, *storage);
  }
  storage->before = std::move(checkpoint.storage);
  checkpoint.storage = storage;
}

}  // namespace lp
