#include "tasks/image_transform_json.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace lp {
namespace {

using nlohmann::json;

/// The names of an enum's values in our JSON, in their order.
constexpr std::array<std::string_view, 5> scale_names = {"none", "stretch", "short_side", "cover", "fit"};
constexpr std::array<std::string_view, 3> crop_names = {"none", "round_down", "round_even"};

template <class Enum>
Enum chosen(const TransformKeys& keys, std::string_view key, std::span<const std::string_view> names) {
  const std::string wanted = keys.text(key, "");
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end())
    fail(Fault::bad_model, "{} is '{}'; wanted is one of {}", keys.name(key), wanted, fmt::join(names, ", "));
  return static_cast<Enum>(found - names.begin());
}

std::optional<double> finite(const json& value) {
  if (!value.is_number()) return {};
  const double number = value.get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

void check_keys(const json& object, const std::string& where, std::span<const std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      fail(Fault::bad_model, "{}{} is unknown; known are {}", where, key, fmt::join(known, ", "));
  }
  for (const std::string_view key : known)
    if (!object.contains(key)) fail(Fault::bad_model, "{}{} is missing", where, key);
}

}  // namespace

TransformKeys::TransformKeys(const json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object_.is_object())
    fail(Fault::bad_model, "{}: not a JSON object", where_.substr(0, where_.find_last_not_of(": .") + 1));
}

bool TransformKeys::has(std::string_view key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

const json& TransformKeys::at(std::string_view key) const {
  if (!has(key)) fail(Fault::bad_model, "{} is missing", name(key));
  return *object_.find(key);
}

bool TransformKeys::flag(std::string_view key, bool otherwise) const {
  if (!has(key)) return otherwise;
  if (!at(key).is_boolean()) fail(Fault::bad_model, "{} is neither true nor false", name(key));
  return at(key).get<bool>();
}

double TransformKeys::factor(std::string_view key, double otherwise) const {
  if (!has(key)) return otherwise;
  const std::optional<double> number = finite(at(key));
  if (!number || *number == 0) fail(Fault::bad_model, "{} is not a number other than 0", name(key));
  return *number;
}

int transform_side(const json& value, const std::string& name) {
  // Some files write 224.0.
  const std::optional<double> number = finite(value);
  if (!number || *number != std::floor(*number) || *number < 1 || *number > largest_transform_side)
    fail(Fault::bad_model, "{} is not a whole number of 1 to {} pixels", name, largest_transform_side);
  return static_cast<int>(*number);
}

int TransformKeys::side(std::string_view key) const {
  return transform_side(at(key), name(key));
}

std::string TransformKeys::text(std::string_view key, std::string_view otherwise) const {
  if (!has(key)) return std::string(otherwise);
  if (!at(key).is_string()) fail(Fault::bad_model, "{} is not a text", name(key));
  return at(key).get<std::string>();
}

ImageTransform::Channels TransformKeys::channels(std::string_view key,
                                                 const ImageTransform::Channels& otherwise) const {
  if (!has(key)) return otherwise;
  const json& value = at(key);
  ImageTransform::Channels numbers{};
  for (std::size_t c = 0; c < 3; ++c) {
    const bool list = value.is_array() && value.size() == 3;
    const std::optional<double> number = finite(list ? value[c] : value);
    if (!number) fail(Fault::bad_model, "{} is not three numbers, nor one", name(key));
    numbers[c] = *number;
  }
  return numbers;
}

ImageTransform::Channels TransformKeys::divisors(std::string_view key,
                                                 const ImageTransform::Channels& otherwise) const {
  const ImageTransform::Channels numbers = channels(key, otherwise);
  // Numbers that are no float any more divide by 0 too.
  if (std::any_of(numbers.begin(), numbers.end(), [](double n) { return static_cast<float>(n) == 0; }))
    fail(Fault::bad_model, "{} has a 0, by which nothing can be divided", name(key));
  return numbers;
}

ResampleFilter TransformKeys::filter_name(std::string_view key, ResampleFilter otherwise) const {
  if (!has(key)) return otherwise;
  const std::string wanted = text(key, "");
  const std::optional<ResampleFilter> filter = resample_filter(wanted);
  if (!filter)
    fail(Fault::unsupported, "{} is '{}'; known are {}", name(key), wanted, resample_filter_names());
  return *filter;
}

json ImageTransform::to_json() const {
  const auto name_of = [](auto names, auto value) { return names[static_cast<std::size_t>(value)]; };
  return {{"scale", name_of(scale_names, scale)},
          {"scale_size", {scale_size.width, scale_size.height}},
          {"longest", longest},
          {"filter", name(filter)},
          {"crop", name_of(crop_names, crop)},
          {"crop_size", {crop_size.width, crop_size.height}},
          {"fill", fill},
          {"factor", factor},
          {"mean", mean},
          {"std", std}};
}

ImageTransform ImageTransform::from_json(const json& object) {
  const std::string where = "image transform: ";
  const TransformKeys keys(object, where);
  constexpr std::array<std::string_view, 10> known = {"scale",     "scale_size", "longest", "filter", "crop",
                                                      "crop_size", "fill",       "factor",  "mean",   "std"};
  check_keys(object, where, known);

  const auto size = [&keys](std::string_view key, bool used) -> Size {
    const json& value = keys.at(key);
    if (!value.is_array() || value.size() != 2)
      fail(Fault::bad_model, "{} is not two numbers", keys.name(key));
    if (!used) return {};
    return {transform_side(value[0], keys.name(key)), transform_side(value[1], keys.name(key))};
  };
  ImageTransform transform;
  transform.scale = chosen<Scale>(keys, "scale", scale_names);
  transform.scale_size = size("scale_size", transform.scale != Scale::none);
  if (transform.scale == Scale::short_side && transform.scale_size.width != transform.scale_size.height)
    fail(Fault::bad_model, "{} has two different sides, but short_side is one", keys.name("scale_size"));
  if (keys.has("longest") && keys.at("longest") != 0) transform.longest = keys.side("longest");
  transform.filter = keys.filter_name("filter", transform.filter);
  transform.crop = chosen<Crop>(keys, "crop", crop_names);
  transform.crop_size = size("crop_size", transform.crop != Crop::none);
  const Channels fill = keys.channels("fill", {});
  for (std::size_t c = 0; c < 3; ++c) {
    if (fill[c] != std::floor(fill[c]) || fill[c] < 0 || fill[c] > 255)
      fail(Fault::bad_model, "{} is not of 0 to 255", keys.name("fill"));
    transform.fill[c] = static_cast<std::uint8_t>(fill[c]);
  }
  transform.factor = keys.factor("factor", transform.factor);
  transform.mean = keys.channels("mean", transform.mean);
  transform.std = keys.divisors("std", transform.std);
  return transform;
}

}  // namespace lp
