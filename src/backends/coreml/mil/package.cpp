#include "backends/coreml/mil/package.hpp"

#include "backends/coreml/mil/wire.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

#include <array>

namespace lp::coreml::mil {
namespace {

namespace fs = std::filesystem;
using protozero::pbf_writer;

constexpr const char* content = "com.apple.CoreML";

// Field numbers of Model.proto and FeatureTypes.proto (coremltools 9.0).

std::string array_message(const Feature& feature) {
  std::string array;
  pbf_writer writer(array);
  writer.add_packed_int64(1, feature.type.sizes.begin(), feature.type.sizes.end());
  writer.add_enum(2, codes(feature.type.element).feature);
  return array;
}

std::string image_message(const Feature& feature) {
  constexpr int rgb = 20;
  const Sizes& sizes = feature.type.sizes;
  std::string image;
  pbf_writer writer(image);
  writer.add_int64(1, sizes.at(3));
  writer.add_int64(2, sizes.at(2));
  writer.add_enum(3, rgb);
  return image;
}

std::string feature_message(const Feature& feature) {
  std::string type;
  pbf_writer type_writer(type);
  if (feature.type.state) {
    std::string state;
    pbf_writer(state).add_message(1, array_message(feature));
    type_writer.add_message(8, state);
  } else if (feature.kind == Feature::Kind::rgb_image) {
    type_writer.add_message(4, image_message(feature));
  } else {
    type_writer.add_message(5, array_message(feature));
  }
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, feature.name);
  writer.add_message(3, type);
  return message;
}

std::string metadata_message(const Metadata& metadata) {
  std::string message;
  pbf_writer writer(message);
  const std::array<std::pair<int, const std::string*>, 4> texts = {std::pair{1, &metadata.description},
                                                                   {2, &metadata.version},
                                                                   {3, &metadata.author},
                                                                   {4, &metadata.license}};
  for (const auto& [field, text] : texts)
    if (!text->empty()) writer.add_string(static_cast<protozero::pbf_tag_type>(field), *text);
  for (const auto& [key, text] : metadata.more) {
    std::string entry;
    pbf_writer entry_writer(entry);
    entry_writer.add_string(1, key);
    entry_writer.add_string(2, text);
    writer.add_message(100, entry);
  }
  return message;
}

/// A model of one kind, `field` of Model.proto.
std::string model_of(int version, const std::string& description, protozero::pbf_tag_type field,
                     const std::string& content_message) {
  std::string model;
  pbf_writer writer(model);
  writer.add_int32(1, version);
  writer.add_message(2, description);
  writer.add_message(field, content_message);
  return model;
}

std::string program_message(const Package& package, const std::string& function) {
  std::string description;
  pbf_writer describe(description);
  for (const Feature& feature : package.inputs) describe.add_message(1, feature_message(feature));
  for (const Feature& feature : package.outputs) describe.add_message(10, feature_message(feature));
  for (const Feature& feature : package.states) describe.add_message(13, feature_message(feature));
  if (!package.detector) describe.add_message(100, metadata_message(package.metadata));
  std::string program;
  pbf_writer program_writer(program);
  program_writer.add_int64(1, 1);  // version of the program's format
  program_writer.add_message(2, entry_message("main", function));
  return model_of(package.version(), description, 502, program);
}

/// A threshold that callers may give.
std::string threshold_message(const std::string& name, const std::string& what) {
  std::string type, message;
  pbf_writer type_writer(type);
  type_writer.add_message(2, std::string());
  type_writer.add_bool(1000, true);
  pbf_writer writer(message);
  writer.add_string(1, name);
  writer.add_string(2, what);
  writer.add_message(3, type);
  return message;
}

/// An array of as many rows as there are boxes left.
std::string boxes_message(const std::string& name, const std::string& what, std::int64_t width) {
  std::string ranges, array, type, message;
  for (const std::int64_t most : {std::int64_t{-1}, width}) {
    std::string range;
    pbf_writer range_writer(range);
    range_writer.add_uint64(1, most < 0 ? 0 : static_cast<std::uint64_t>(most));
    range_writer.add_int64(2, most);
    pbf_writer(ranges).add_message(1, range);
  }
  pbf_writer array_writer(array);
  array_writer.add_enum(2, codes(Element::f32).feature);
  array_writer.add_message(31, ranges);
  pbf_writer(type).add_message(5, array);
  pbf_writer writer(message);
  writer.add_string(1, name);
  writer.add_string(2, what);
  writer.add_message(3, type);
  return message;
}

/// What a detector's callers pass and get, apart from the picture, `field` of ModelDescription each.
void describe_detections(pbf_writer& describe, std::size_t classes) {
  describe.add_message(1, threshold_message("iouThreshold", "boxes that overlap more are one"));
  describe.add_message(1, threshold_message("confidenceThreshold", "boxes below this are left out"));
  describe.add_message(
      10, boxes_message("confidence", "of each box and class", static_cast<std::int64_t>(classes)));
  describe.add_message(10, boxes_message("coordinates", "centre, width, height, as parts of the picture", 4));
}

std::string suppression_message(const Package& package, const Detector& detector) {
  constexpr int first_version = 5;  // of Vision's object detectors
  std::string description;
  pbf_writer describe(description);
  for (const Feature& feature : package.outputs) describe.add_message(1, feature_message(feature));
  describe_detections(describe, detector.labels.size());
  std::string by_class, labels, suppression;
  pbf_writer(by_class).add_bool(1, true);
  pbf_writer labels_writer(labels);
  for (const std::string& label : detector.labels) labels_writer.add_string(1, label);
  pbf_writer writer(suppression);
  writer.add_message(1, by_class);
  writer.add_message(100, labels);
  writer.add_double(110, detector.iou);
  writer.add_double(111, detector.confidence);
  writer.add_string(200, "raw_confidence");
  writer.add_string(201, "raw_coordinates");
  writer.add_string(202, "iouThreshold");
  writer.add_string(203, "confidenceThreshold");
  writer.add_string(210, "confidence");
  writer.add_string(211, "coordinates");
  return model_of(first_version, description, 610, suppression);
}

std::string model_message(const Package& package, const std::string& function) {
  std::string program = program_message(package, function);
  if (!package.detector) return program;
  std::string description;
  pbf_writer describe(description);
  for (const Feature& feature : package.inputs) describe.add_message(1, feature_message(feature));
  describe_detections(describe, package.detector->labels.size());
  describe.add_message(100, metadata_message(package.metadata));
  std::string pipeline;
  pbf_writer writer(pipeline);
  writer.add_message(1, program);
  writer.add_message(1, suppression_message(package, *package.detector));
  writer.add_string(2, "program");
  writer.add_string(2, "suppression");
  return model_of(package.version(), description, 202, pipeline);
}

/// The list of a package's items. Identifiers need only differ; fixed ones keep the bytes the same.
std::string list_of_items() {
  const char* const program = "4C6C616D-6150-4A61-8000-000000000001";
  const char* const weights = "4C6C616D-6150-4A61-8000-000000000002";
  const auto item = [](const char* name, const char* what) {
    return nlohmann::json{{"author", content},
                          {"description", what},
                          {"name", name},
                          {"path", fmt::format("{}/{}", content, name)}};
  };
  const nlohmann::json list = {{"fileFormatVersion", "1.0.0"},
                               {"itemInfoEntries",
                                {{program, item("model.mlmodel", "CoreML Model Specification")},
                                 {weights, item("weights", "CoreML Model Weights")}}},
                               {"rootModelIdentifier", program}};
  return list.dump(4) + "\n";
}

void write_file(const fs::path& path, std::string_view bytes) {
  FileWriter writer(path);
  writer.write(bytes);
  writer.commit();
}

fs::path made_new(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) fail(Fault::io, "{}: is there already", path.string());
  return path;
}

}  // namespace

Package::Package(const fs::path& path, int version)
    : path_(made_new(path)),
      version_(version),
      weights_(std::make_unique<WeightFile>(path_ / "Data" / content / "weights" / "weight.bin")) {}

void Package::commit(const Function& main) {
  weights_->commit();
  write_file(path_ / "Data" / content / "model.mlmodel", model_message(*this, main.message()));
  write_file(path_ / "Manifest.json", list_of_items());
}

std::string systems_of(int version) {
  // Source: coremltools 9.0, the table of specification versions.
  switch (version) {
    case 6: return "iOS 15, macOS 12";
    case 7: return "iOS 16, macOS 13";
    case 8: return "iOS 17, macOS 14";
    case 9: return "iOS 18, macOS 15";
    default: return "iOS 26, macOS 26";
  }
}

}  // namespace lp::coreml::mil
