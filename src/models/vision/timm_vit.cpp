#include "models/vision/timm_vit.hpp"

#include "base/error.hpp"
#include "models/config_file.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace lp::models {
namespace {

using nlohmann::json;

/// An object of the file, empty where it is absent. @throws Error{bad_model} for another kind of value.
json object_of(const json& config, const char* key) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null()) return json::object();
  if (!it->is_object()) fail(Fault::bad_model, "config.json: `{}` is no object", key);
  return *it;
}

void check_text(const json& config, const char* key, std::string_view known) {
  const std::string found = config_text(config, key, std::string(known));
  if (found != known)
    fail(Fault::unsupported, "config.json: `{}` is `{}`; this version runs networks of timm with `{}` only",
         key, found, known);
}

}  // namespace

void check_timm_vit(const json& config) {
  const json arguments = object_of(config, "model_args");
  check_text(config, "global_pool", "token");
  check_text(arguments, "global_pool", "token");
  check_text(arguments, "act_layer", "gelu");
  for (const char* const key : {"norm_layer", "embed_layer", "block_fn", "mlp_layer", "attn_layer"})
    if (arguments.contains(key) && !arguments[key].is_null())
      fail(Fault::unsupported,
           "config.json: `model_args` has a `{}` of its own, which this version does not run", key);
  const auto size = arguments.find("img_size");
  if (size != arguments.end() && size->is_array() && size->size() == 2 && (*size)[0] != (*size)[1])
    fail(Fault::unsupported,
         "config.json: `img_size` is {}; this version takes networks that were trained on square pictures",
         size->dump().substr(0, 60));
}

std::int64_t timm_heads(const json& config, std::int64_t width) {
  // Source: timm 1.0.31, models/vision_transformer.py and deit.py: embed_dim and num_heads of its networks
  // with these tensors.
  constexpr std::array<std::pair<std::int64_t, std::int64_t>, 8> known = {
      {{64, 2}, {192, 3}, {384, 6}, {768, 12}, {1024, 16}, {1280, 16}, {1408, 16}, {1664, 16}}};
  if (const std::int64_t given = config_integer(object_of(config, "model_args"), "num_heads", 0); given > 0)
    return given;
  for (const auto& [known_width, heads] : known)
    if (width == known_width) return heads;
  fail(Fault::unsupported,
       "config.json does not say the number of heads (`num_heads` of `model_args`), and no network of "
       "timm is known here that is {} wide",
       width);
}

std::string timm_license(const json& config) {
  return config_text(object_of(config, "pretrained_cfg"), "license", config_text(config, "license", ""));
}

}  // namespace lp::models
