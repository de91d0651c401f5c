#include "models/transformer.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"

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

BlockConfig block_config(const nlohmann::json& config) {
  return {.width = stored_size(config, "width", 16384),
          .heads = stored_size(config, "heads", 1024),
          .mlp = stored_size(config, "mlp", 65536),
          .epsilon = static_cast<float>(config_number(config, "epsilon", 1e-6)),
          .activation = config_text(config, "activation", "none")};
}

PatchGrid patch_grid(const BuildOptions& sizes, std::int64_t patch) {
  const std::int64_t height = sizes.image_height, width = sizes.image_width;
  if (height % patch != 0 || width % patch != 0 || height < patch || width < patch)
    fail(Fault::bad_input, "this model takes pictures whose sides are multiples of {} pixels, not {}x{}",
         patch, width, height);
  return {height / patch, width / patch};
}

std::int64_t trained_side(std::int64_t positions) {
  const auto side = std::lround(std::sqrt(static_cast<double>(positions - 1)));
  if (side < 1 || side * side != positions - 1)
    fail(Fault::bad_model, "{} positions are not those of a square and a class token", positions);
  return side;
}

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

Tensor with_class_and_positions(Tensor patches, Tensor class_token, Tensor positions, PatchGrid grid,
                                bool antialias) {
  const std::int64_t rows = positions.size("s").size(), side = trained_side(rows);
  if (side != grid.height || side != grid.width) {
    const Tensor first = slice(positions, "s", 0, 1);
    const Tensor trained = unflatten(slice(positions, "s", 1, rows - 1), "s", "h", side, "w");
    const Tensor resized = resize_cubic(transpose(trained, "n,c,h,w"), grid.height, grid.width, antialias);
    positions = concat({first, transpose(flatten(resized, "h", "w", "s"), "n,s,c")}, "s");
  }
  const Tensor classes = repeat(class_token, "n", patches.size("n").size());
  return concat({classes, patches}, "s") + positions;
}

}  // namespace lp::models
