#pragma once
#include "backends/coreml/mil/function.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lp::coreml::mil {

/// What a caller passes or gets.
struct Feature {
  enum class Kind { array, rgb_image };
  std::string name;
  Type type;  // of images: [1, 3, h, w]
  Kind kind = Kind::array;
};

/// What people and Xcode read of a package.
struct Metadata {
  std::string description, author, license, version;
  std::map<std::string, std::string> more;
};

/// What Vision takes for an object detector: behind the program, whose outputs are `raw_confidence` [boxes,
/// classes] and `raw_coordinates` [boxes, 4] (centre, size, as parts of the picture), a model that keeps the
/// best of the boxes that overlap, class by class.
struct Detector {
  double iou = 0, confidence = 0;  // what callers may change; the defaults
  std::vector<std::string> labels;
};

/// A package under construction: NAME.mlpackage with its program, weights and list of items. The same calls
/// give the same bytes.
class Package {
 public:
  /// Creates the folder `path`, which must not be there. @throws Error{io}.
  Package(const std::filesystem::path& path, int version);

  int version() const { return version_; }
  WeightFile& weights() { return *weights_; }
  std::vector<Feature> inputs, outputs, states;
  Metadata metadata;
  std::optional<Detector> detector;

  /// Writes all that is left. @throws Error{io}.
  void commit(const Function& main);

 private:
  std::filesystem::path path_;
  int version_;
  std::unique_ptr<WeightFile> weights_;
};

/// What a version of the specification wants, at least: "iOS 16, macOS 13".
std::string systems_of(int version);

}  // namespace lp::coreml::mil
