#pragma once
#include "base/error.hpp"
#include "base/json.hpp"
#include "tasks/image_transform.hpp"

#include <string>
#include <string_view>

namespace lp {

/// The values of one JSON object that describes a transform, checked as they are read. `where` stands before
/// each key in messages. Borrows the object. Every reader throws Error{bad_model} with the key.
class TransformKeys {
 public:
  /// @throws Error{bad_model} if `object` is no JSON object.
  TransformKeys(const nlohmann::json& object, std::string where);

  /// Whether the key is there and not null.
  bool has(std::string_view key) const;
  const nlohmann::json& at(std::string_view key) const;

  bool flag(std::string_view key, bool otherwise) const;
  /// A finite number other than zero.
  double factor(std::string_view key, double otherwise) const;
  /// A whole number, 1 to largest_transform_side.
  int side(std::string_view key) const;
  std::string text(std::string_view key, std::string_view otherwise) const;
  /// Three finite numbers, or one for all.
  ImageTransform::Channels channels(std::string_view key, const ImageTransform::Channels& otherwise) const;
  /// The same, none of them zero.
  ImageTransform::Channels divisors(std::string_view key, const ImageTransform::Channels& otherwise) const;
  ResampleFilter filter_name(std::string_view key, ResampleFilter otherwise) const;

  /// The name of a key as it stands in messages.
  std::string name(std::string_view key) const { return where_ + std::string(key); }

 private:
  const nlohmann::json& object_;
  std::string where_;
};

/// A whole number as a side. @throws Error{bad_model} with `name` if it is none or not in its range.
int transform_side(const nlohmann::json& value, const std::string& name);

}  // namespace lp
