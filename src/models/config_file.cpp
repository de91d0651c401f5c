#include "models/config_file.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

#include <charconv>

namespace lp::models {
namespace {

using nlohmann::json;

template <class T>
T read(const json& config, const char* key, const T& fallback, bool (json::*is_kind)() const noexcept) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null()) return fallback;
  if (!((*it).*is_kind)())
    fail(Fault::bad_model, "config.json: `{}` is {}, which it cannot be", key, it->dump().substr(0, 60));
  return it->get<T>();
}

}  // namespace

json side_file(const Checkpoint& checkpoint, std::string_view name) {
  const auto it = checkpoint.side_files.find(name);
  if (it == checkpoint.side_files.end()) return json::object();
  return parse_json(it->second, fmt::format("{} beside {}", name, checkpoint.file));
}

std::int64_t config_integer(const json& config, const char* key, std::int64_t fallback) {
  return read<std::int64_t>(config, key, fallback, &json::is_number_integer);
}

double config_number(const json& config, const char* key, double fallback) {
  return read<double>(config, key, fallback, &json::is_number);
}

bool config_flag(const json& config, const char* key, bool fallback) {
  return read<bool>(config, key, fallback, &json::is_boolean);
}

std::string config_text(const json& config, const char* key, const std::string& fallback) {
  return read<std::string>(config, key, fallback, &json::is_string);
}

std::vector<std::string> config_labels(const json& config, std::int64_t classes) {
  std::vector<std::string> labels;
  labels.reserve(static_cast<std::size_t>(classes));
  for (std::int64_t i = 0; i < classes; ++i) labels.push_back(fmt::format("class {}", i));
  const auto names = config.find("id2label");
  if (names == config.end() || !names->is_object()) return labels;
  for (const auto& [key, label] : names->items()) {
    std::int64_t id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    const bool fits = error == std::errc() && end == key.data() + key.size() && id >= 0 && id < classes;
    if (fits && label.is_string()) labels[static_cast<std::size_t>(id)] = label.get<std::string>();
  }
  return labels;
}

std::int64_t axis_size(const Checkpoint& checkpoint, const std::string& tensor, std::size_t axis) {
  const auto it = checkpoint.tensors.find(tensor);
  if (it == checkpoint.tensors.end() || axis >= it->second.shape.size())
    fail(Fault::bad_model, "{}: no tensor `{}` of {} or more axes", checkpoint.file, tensor, axis + 1);
  constexpr std::int64_t most = std::int64_t{1} << 24U;
  const std::int64_t size = it->second.shape[axis];
  if (size < 1 || size > most)
    fail(Fault::bad_model, "{}: `{}` is [{}], which no model has", checkpoint.file, tensor,
         fmt::join(it->second.shape, ", "));
  return size;
}

namespace {

/// A side given as 224, [3, 224, 224] or {"height": 224, "width": 224}.
std::int64_t square_side(const nlohmann::json& size) {
  const auto within = [](const nlohmann::json& value) -> std::int64_t {
    if (!value.is_number_integer()) return 0;
    const auto side = value.get<std::int64_t>();
    return side > 0 && side <= 16384 ? side : 0;
  };
  if (size.is_number_integer()) return within(size);
  if (size.is_array() && size.size() == 3 && size[1] == size[2]) return within(size[2]);
  const bool both = size.is_object() && size.contains("height") && size.contains("width");
  return both && size["height"] == size["width"] ? within(size["width"]) : 0;
}

}  // namespace

std::int64_t published_side(const nlohmann::json& preprocessing) {
  const auto at = [](const nlohmann::json& object, const char* key) {
    return object.is_object() && object.contains(key) ? object[key] : nlohmann::json();
  };
  if (const nlohmann::json timm = at(preprocessing, "timm"); timm.is_object()) {
    const nlohmann::json inner = at(timm, "pretrained_cfg");
    return square_side(at(inner.is_object() ? inner : timm, "input_size"));
  }
  const nlohmann::json published = at(preprocessing, "hugging_face");
  const nlohmann::json crops = at(published, "do_center_crop"), crop = at(published, "crop_size");
  return square_side(!crop.is_null() && crops != false ? crop : at(published, "size"));
}

std::int64_t count_blocks(const Checkpoint& checkpoint, std::string_view before, std::string_view after) {
  constexpr std::int64_t most = 1000;
  std::int64_t count = 0;
  while (count < most && checkpoint.tensors.contains(fmt::format("{}{}{}", before, count, after))) ++count;
  return count;
}

std::string gelu_of(const std::string& activation) {
  if (activation == "gelu") return "none";
  if (activation == "gelu_new" || activation == "gelu_pytorch_tanh") return "tanh";
  if (activation == "quick_gelu") return "sigmoid";
  fail(Fault::unsupported,
       "config.json: the activation `{}` is none of gelu, gelu_new, gelu_pytorch_tanh, quick_gelu",
       activation);
}

std::int64_t stored_size(const json& config, const char* key, std::int64_t most) {
  const std::int64_t value = config_integer(config, key, 0);
  if (value < 1 || value > most)
    fail(Fault::bad_model, "the configuration's `{}` is {}, not within 1 to {}", key, value, most);
  return value;
}

}  // namespace lp::models
