#include "models/transformer.hpp"

#include "base/error.hpp"

#include <cmath>

namespace lp::models {
using namespace nn;
namespace {

/// A branch's result times one number a channel, where the checkpoint's layout has that.
Tensor scaled(Tensor x, Scope w, std::string_view name) {
  if (name.empty()) return x;
  const std::size_t dot = name.rfind('.');
  return multiply(x, (w / name.substr(0, dot))(name.substr(dot + 1), {{"d", x.shape().back().size}}));
}

Tensor self_attention(Tensor x, Scope w, const BlockNames& names, const BlockConfig& config,
                      std::optional<Tensor> length) {
  const Attention how{config.heads, config.causal};
  if (!names.qkv.empty()) {
    const std::vector<Tensor> parts = split(linear(x, w / names.qkv, 3 * config.width), 3, "d");
    return attention(parts[0], parts[1], parts[2], how, length);
  }
  const Tensor q = linear(x, w / names.query, config.width);
  const Tensor k = linear(x, w / names.key, config.width);
  const Tensor v = linear(x, w / names.value, config.width);
  return attention(q, k, v, how, length);
}

}  // namespace

Tensor transformer_block(Tensor x, Scope w, const BlockNames& names, const BlockConfig& config,
                         std::optional<Tensor> length) {
  const Tensor seen =
      self_attention(layer_norm(x, w / names.norm1, config.epsilon), w, names, config, length);
  x = scaled(linear(seen, w / names.projection, config.width), w, names.scale1) + x;
  const Tensor inner = linear(layer_norm(x, w / names.norm2, config.epsilon), w / names.fc1, config.mlp);
  const Tensor outer = linear(gelu(inner, config.activation), w / names.fc2, config.width);
  return named(scaled(outer, w, names.scale2) + x, w.path());
}

Tensor patch_tokens(Tensor images, Scope w, std::int64_t width, std::int64_t patch) {
  const Tensor patches = conv2d(images, w, width, {.kernel = patch, .stride = patch, .padding = 0});
  return transpose(flatten(patches, "h", "w", "s"), "n,s,c");
}

Tensor with_class_and_positions(Tensor patches, Tensor class_token, Tensor positions,
                                std::int64_t grid_height, std::int64_t grid_width) {
  const std::int64_t trained = positions.size("s").size() - 1;
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(trained))));
  if (side * side != trained)
    fail(Fault::bad_model, "`{}`: {} positions are no square", positions.name(), trained);
  if (side != grid_height || side != grid_width) {
    const Tensor first = slice(positions, "s", 0, 1);
    const Tensor grid = unflatten(slice(positions, "s", 1, trained), "s", "h", side, "w");
    const Tensor resized = resize_cubic(transpose(grid, "n,c,h,w"), grid_height, grid_width);
    positions = concat({first, transpose(flatten(resized, "h", "w", "s"), "n,s,c")}, "s");
  }
  const Tensor classes = repeat(class_token, "n", patches.size("n").size());
  return concat({classes, patches}, "s") + positions;
}

}  // namespace lp::models
