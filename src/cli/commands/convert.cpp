#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/coreml_conversion.hpp"
#include "cli/model_choice.hpp"
#include "store/names.hpp"
#include "store/source.hpp"

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// "model.safetensors" says less than the folder that it lies in.
std::string default_name(const Found& source) {
  if (source.in_store) return source.name;
  std::error_code error;
  const fs::path path = fs::absolute(source.path, error).lexically_normal();
  const std::string name =
      model_name_from(path.stem() == "model" && path.has_parent_path() ? path.parent_path() / "" : path);
  if (!is_model_name(name))
    fail(Fault::usage, "{}: no model can be called after it; give it a name with --name",
         source.path.string());
  return name;
}

/// `precision`: that of the stored one which is converted.
json source_of(const Store& store, const Found& source, const std::string& precision) {
  if (source.in_store) {
    const json kept = store.manifest(source.name).source;
    json made_of = store.choose_gguf(source.name, precision).recipe.value("source", kept);
    if (!made_of.is_object()) made_of = kept;
    made_of.emplace("sha256", nullptr);  // of what was published, not of what is stored
    return made_of;
  }
  std::error_code error;
  return {{"uri", file_uri(fs::absolute(source.path, error).lexically_normal())}, {"revision", nullptr}};
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const std::string to = settings.text("to");
  if (to != "gguf" && to != "coreml")
    fail(Fault::unsupported, "--to {}: this version writes gguf and coreml", to);
  if (to == "coreml" && settings.has("calibrate"))
    fail(Fault::usage,
         "--calibrate: a Core ML package has the ranges that its source was calibrated with; first: convert "
         "SOURCE --precision int8 --calibrate DATA");
  const Store store = open_store(settings);
  if (to != "coreml" && settings.flag("nms"))
    fail(Fault::usage, "--nms: only Core ML packages have that inside");
  // A Core ML package of int8 is made of what is stored so, if that is.
  const std::string from = to == "coreml" ? settings.text("precision") : "auto";
  const Found source = find_model(store, invocation.arguments.front(), from);
  const std::string name = settings.has("name") ? settings.text("name") : default_name(source);
  check_model_name(name);
  const Incoming incoming{
      .name = name, .weights = source.path, .source = source_of(store, source, from), .command = "convert"};
  print_taken_in(invocation, to == "coreml" ? take_in_coreml(store, settings, incoming)
                                            : take_in(store, settings, incoming));
  return 0;
}

}  // namespace

Command convert_command() {
  return {.name = "convert",
          .summary = "take a model from where it was published into the store",
          .arguments = "SOURCE",
          .options = {"to", "name", "license", "size", "calibrate", "input", "states", "nms", "confidence",
                      "iou"},
          .least_arguments = 1,
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
