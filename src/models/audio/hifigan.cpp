#include "models/audio/hifigan.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"

#include <algorithm>
#include <numeric>

namespace lp::models {
using namespace nn;
namespace {

constexpr float slope = 0.1F, last_slope = 0.01F;  // of leaky relu; torch's own before the last convolution
constexpr std::int64_t end_kernel = 7;             // of the first and the last convolution
constexpr std::int64_t most_rate = 256, most_kernel = 512, most_parts = 6;  // 256^6 fits 64 bits

/// Rows on each side that a residual block's result depends on.
std::int64_t reach(const HifiGan::Block& block) {
  std::int64_t rows = 0;
  for (const std::int64_t dilation : block.dilations)
    rows += (block.kernel - 1) / 2 * (dilation + (block.pairs ? 1 : 0));
  return rows;
}

/// One residual block. `active`: the leaky relu of x, which all blocks of a stage share.
class ResidualBlock {
 public:
  ResidualBlock(Scope w, const HifiGan::Block& block, Tensor length, std::int64_t rate)
      : w_(w), block_(block), length_(length), rate_(rate) {}

  Tensor run(Tensor x, Tensor active) const {
    const auto count = static_cast<int>(block_.dilations.size());
    for (int i = 0; i < count; ++i) {
      if (i > 0) active = leaky_relu(x, slope);
      x = step(i, active) + x;
      if (i + 1 < count) x = mask_rows(x, length_, rate_);  // the sum of the blocks is masked once
    }
    return x;
  }

 private:
  Tensor step(int i, Tensor active) const {
    const std::int64_t channels = active.shape().back().size.size();
    const Conv1d apart{.kernel = block_.kernel, .dilation = block_.dilations[static_cast<std::size_t>(i)]};
    if (!block_.pairs) return conv1d(active, w_ / "convs" / i, channels, apart);
    const Tensor first = leaky_relu(conv1d(active, w_ / "convs1" / i, channels, apart), slope);
    return conv1d(mask_rows(first, length_, rate_), w_ / "convs2" / i, channels, {.kernel = block_.kernel});
  }

  Scope w_;
  const HifiGan::Block& block_;
  Tensor length_;
  std::int64_t rate_;
};

std::vector<std::int64_t> published_dilations(const std::string& file, std::int64_t kernel, bool pairs) {
  if (pairs) return {1, 3, 5};
  if (kernel == 3) return {1, 2};
  if (kernel == 5) return {2, 6};
  if (kernel == 7) return {3, 12};
  fail(Fault::unsupported, "{}: a HiFi-GAN with a kernel of {} in residual blocks without pairs is not known",
       file, kernel);
}

}  // namespace

std::int64_t HifiGan::hop() const {
  constexpr std::int64_t far_too_many = 1 << 20;  // products of what a file says overflow
  std::int64_t product = 1;
  for (const Stage& stage : stages)
    product = stage.rate < 1 || stage.rate > far_too_many ? far_too_many
                                                          : std::min(product * stage.rate, far_too_many);
  return product;
}

std::int64_t HifiGan::context() const {
  std::int64_t widest = 0;
  for (const Block& block : blocks) widest = std::max(widest, reach(block));
  std::int64_t rows = (end_kernel - 1) / 2;  // around a sample
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {
    const std::int64_t padding = (stage->kernel - stage->rate) / 2;
    const std::int64_t span = rows + widest + std::max(stage->kernel - 1 - padding, padding);
    rows = (span + stage->rate - 1) / stage->rate;
  }
  return rows + (end_kernel - 1) / 2;
}

HifiGan hifi_gan_of(const Checkpoint& checkpoint, const std::string& prefix) {
  HifiGan sizes{.channels = axis_size(checkpoint, prefix + "conv_pre.weight", 0)};
  const std::int64_t stages = count_blocks(checkpoint, prefix + "ups.", ".weight");
  for (std::int64_t i = 0; i < stages; ++i) {
    const std::int64_t kernel = axis_size(checkpoint, fmt::format("{}ups.{}.weight", prefix, i), 2);
    sizes.stages.push_back({kernel / 2, kernel});
  }
  const std::string first = prefix + "resblocks.0.";
  const bool pairs = checkpoint.tensors.contains(first + "convs1.0.weight");
  const std::string_view name = pairs ? "convs1" : "convs";
  const std::int64_t all = count_blocks(checkpoint, prefix + "resblocks.", fmt::format(".{}.0.weight", name));
  if (stages < 1 || all < 1 || all % stages != 0)
    fail(Fault::bad_model, "{}: {} residual blocks do not divide into {} stages of a HiFi-GAN",
         checkpoint.file, all, stages);
  for (std::int64_t i = 0; i < all / stages; ++i) {
    const std::int64_t kernel =
        axis_size(checkpoint, fmt::format("{}resblocks.{}.{}.0.weight", prefix, i, name), 2);
    sizes.blocks.push_back({kernel, published_dilations(checkpoint.file, kernel, pairs), pairs});
  }
  return sizes;
}

nlohmann::json hifi_gan_json(const HifiGan& sizes) {
  nlohmann::json stages = nlohmann::json::array(), blocks = nlohmann::json::array();
  for (const HifiGan::Stage& stage : sizes.stages)
    stages.push_back({{"rate", stage.rate}, {"kernel", stage.kernel}});
  for (const HifiGan::Block& block : sizes.blocks)
    blocks.push_back({{"kernel", block.kernel}, {"dilations", block.dilations}, {"pairs", block.pairs}});
  return {{"channels", sizes.channels}, {"stages", stages}, {"blocks", blocks}};
}

HifiGan hifi_gan_from(const nlohmann::json& json) try {
  HifiGan sizes{.channels = stored_size(json, "channels", 1 << 16)};
  for (const nlohmann::json& stage : json.at("stages"))
    sizes.stages.push_back(
        {stored_size(stage, "rate", most_rate), stored_size(stage, "kernel", most_kernel)});
  for (const nlohmann::json& block : json.at("blocks"))
    sizes.blocks.push_back({stored_size(block, "kernel", most_kernel),
                            block.at("dilations").get<std::vector<std::int64_t>>(),
                            block.at("pairs").get<bool>()});
  const auto is_bad_stage = [](const HifiGan::Stage& stage) {
    return stage.kernel < stage.rate || (stage.kernel - stage.rate) % 2 != 0;
  };
  const auto is_bad_block = [](const HifiGan::Block& block) {
    const auto is_bad = [](std::int64_t dilation) { return dilation < 1 || dilation > most_kernel; };
    return block.kernel % 2 == 0 || block.dilations.empty() || block.dilations.size() > most_parts ||
           std::ranges::any_of(block.dilations, is_bad);
  };
  const std::size_t stages = sizes.stages.size(), blocks = sizes.blocks.size();
  constexpr std::int64_t most_hop = 4096;
  if (stages < 1 || stages > most_parts || blocks < 1 || blocks > most_parts ||
      std::ranges::any_of(sizes.stages, is_bad_stage) || std::ranges::any_of(sizes.blocks, is_bad_block) ||
      sizes.channels % (std::int64_t{1} << stages) != 0 || sizes.hop() > most_hop)
    fail(Fault::bad_model, "the configuration's `hifigan` has sizes that no vocoder has");
  return sizes;
} catch (const nlohmann::json::exception&) {
  fail(Fault::bad_model, "the configuration's `hifigan` is missing or broken");
}

Tensor hifi_gan(Tensor frames, Tensor length, Scope w, const HifiGan& sizes, std::string_view stages,
                std::optional<Tensor> condition) {
  std::int64_t channels = sizes.channels, rate = 1;
  Tensor x = conv1d(mask_rows(frames, length), w / "conv_pre", channels, {.kernel = end_kernel});
  if (condition) x = x + *condition;
  x = mask_rows(leaky_relu(x, slope), length);
  int block = 0;
  for (std::size_t i = 0; i < sizes.stages.size(); ++i) {
    channels /= 2;
    rate *= sizes.stages[i].rate;
    const Scope up = w / stages / static_cast<int>(i);
    x = conv_transpose1d(x, up, channels, sizes.stages[i].kernel, sizes.stages[i].rate);
    x = mask_rows(x, length, rate);
    const Tensor active = leaky_relu(x, slope);
    Tensor sum = x;  // of the blocks, of which there is one at least
    for (const HifiGan::Block& each : sizes.blocks) {
      const Tensor y = ResidualBlock(w / "resblocks" / block++, each, length, rate).run(x, active);
      sum = &each == &sizes.blocks.front() ? y : y + sum;
    }
    const bool is_last = i + 1 == sizes.stages.size();
    x = leaky_relu(scaled(sum, 1.0F / static_cast<float>(sizes.blocks.size())), is_last ? last_slope : slope);
    x = mask_rows(x, length, rate);
  }
  return named(tanh(conv1d(x, w / "conv_post", 1, {.kernel = end_kernel})), "samples");
}

}  // namespace lp::models
