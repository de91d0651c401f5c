#include "backends/backend.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/version.hpp"
#include "media/sound_device.hpp"
#include "media/video_reader.hpp"
#include "tasks/font.hpp"
#include "tasks/speech/espeak.hpp"

namespace lp::cli {
namespace {

using nlohmann::json;

json runtime_json(const Backend& backend) {
  json row = {{"name", backend.name()}};
  const Support available = backend.available();
  row["available"] = available.ok;
  if (!available) {
    row["why"] = available.why;
    return row;
  }
  row["version"] = backend.version();
  for (const DType type : {DType::f32, DType::f16, DType::bf16, DType::i8}) {
    const Support computes = backend.computes(type);
    row["precisions"].push_back(
        {{"precision", type == DType::i8 ? "int8" : name(type)}, {"available", computes.ok}});
    if (!computes) row["precisions"].back()["why"] = computes.why;
  }
  return row;
}

json library_json(const char* name, const char* use, std::string (*version)()) {
  json library = {{"name", name}, {"for", use}, {"available", true}};
  try {
    library["version"] = version();
  } catch (const Error& error) {
    library["available"] = false;
    library["why"] = error.what();
  }
  return library;
}

/// What is opened while the program runs, and may be absent.
json libraries_json() {
  const auto camera_library_version = [] {
    check_camera_library();
    return video_library_version();
  };
  return json::array({library_json("FFmpeg", "sound and video", video_library_version),
                      library_json("FFmpeg's libavdevice", "cameras", camera_library_version),
                      library_json("espeak-ng", "speaking", speech::espeak_version),
                      library_json("PortAudio", "speakers and microphones", sound_device_library_version)});
}

/// What runs a task: by its models in the store, or by the runtimes alone where there is none.
json task_json(const Command& task, const Store& store, const Settings& settings) {
  json row = {{"task", task.name}, {"models", json::array()}};
  for (const std::string& name : store.names()) {
    try {
      if (store.manifest(name).task != task.name) continue;
      const auto model = open_model(find_model(store, name, "auto").path, name);
      const Placement placement =
          choose_placement(*model, settings.text("runtime"), lower(settings.text("precision")));
      row["models"].push_back({{"model", name},
                               {"runtime", placement.backend->name()},
                               {"device", device_name},
                               {"precision", precision_name(placement.precision)},
                               {"why", placement.why}});
    } catch (const std::exception& error) {  // one broken model must not hide the others
      row["models"].push_back({{"model", name}, {"error", error.what()}});
    }
  }
  return row;
}

json missing_json(const json& runtimes, const json& libraries, const json& tasks) {
  json missing = json::array();
  for (const json& runtime : runtimes)
    if (!runtime["available"].get<bool>())
      missing.push_back({{"what", runtime["name"]}, {"how", runtime["why"]}});
  for (const json& library : libraries)
    if (!library["available"].get<bool>())
      missing.push_back({{"what", library["name"]}, {"how", library["why"]}});
  for (const json& task : tasks)
    if (task["models"].empty())
      missing.push_back({{"what", fmt::format("a model for {}", task["task"].get<std::string>())},
                         {"how", "llama-pajamas convert FILE --name NAME"}});
  if (!Font::open(font_paths(), 16))
    missing.push_back(
        {{"what", "a font for the labels that `detect --save` draws"},
         {"how", "install DejaVu Sans (Debian: fonts-dejavu-core), or set LLAMA_PAJAMAS_FONT=FILE"}});
  return missing;
}

std::string report(const json& all) {
  const json& machine = all["machine"];
  std::string text = heading("Machine") + "\n";
  text += fmt::format("  {}\n  {} cores of {} usable; {}\n  memory {} of {} available\n  {}\n",
                      machine["cpu_model"].get<std::string>(), machine["cpu_cores_usable"].get<int>(),
                      machine["cpu_cores_physical"].get<int>(),
                      fmt::join(machine["capabilities"].get<std::vector<std::string>>(), ", "),
                      human_size(machine["ram_available_bytes"].get<double>()),
                      human_size(machine["ram_bytes"].get<double>()), machine["os_name"].get<std::string>());
  if (!machine["gpu_model"].is_null())
    text += fmt::format("  graphics: {} (no runtime in this program uses it)\n",
                        machine["gpu_model"].get<std::string>());
  text += fmt::format("\n{}\n", heading("Runtimes"));
  for (const json& runtime : all["runtimes"]) {
    if (!runtime["available"].get<bool>()) {
      text += fmt::format("  {}: not available: {}\n", runtime["name"].get<std::string>(),
                          runtime["why"].get<std::string>());
      continue;
    }
    text +=
        fmt::format("  {}: {}\n", runtime["name"].get<std::string>(), runtime["version"].get<std::string>());
    for (const json& type : runtime["precisions"])
      text += fmt::format("    {:<5} {}\n", type["precision"].get<std::string>(),
                          type["available"].get<bool>() ? "yes" : "no: " + type["why"].get<std::string>());
  }
  for (const json& library : all["libraries"])
    if (library["available"].get<bool>())
      text += fmt::format("  {} {}, for {}\n", library["name"].get<std::string>(),
                          library["version"].get<std::string>(), library["for"].get<std::string>());
  text += fmt::format("\n{}\n", heading("Tasks"));
  for (const json& task : all["tasks"]) {
    if (task["models"].empty()) text += fmt::format("  {}: no model\n", task["task"].get<std::string>());
    for (const json& model : task["models"]) {
      text += fmt::format("  {}: {}: ", task["task"].get<std::string>(), model["model"].get<std::string>());
      text += model.contains("error")
                  ? plain(model["error"].get<std::string>()) + "\n"
                  : fmt::format("{} on {} in {} ({})\n", model["runtime"].get<std::string>(),
                                model["device"].get<std::string>(), model["precision"].get<std::string>(),
                                model["why"].get<std::string>());
    }
  }
  text += fmt::format("\n{}\n  {}\n", heading("Store"), plain(all["store"]["home"].get<std::string>()));
  const auto models = all["store"]["models"].get<std::vector<std::string>>();
  text += models.empty() ? "  empty\n" : fmt::format("  {}\n", fmt::join(models, ", "));
  text += fmt::format("\n{}\n", heading("Missing"));
  for (const json& item : all["missing"])
    text += fmt::format("  {}: {}\n", item["what"].get<std::string>(), item["how"].get<std::string>());
  if (all["missing"].empty()) text += "  nothing\n";
  return text;
}

int run(const Invocation& invocation) {
  check_device(invocation.settings);
  const Store store = open_store(invocation.settings);
  json all = {{"version", version_json()},
              {"machine", machine_json()},
              {"runtimes", json::array()},
              {"tasks", json::array()}};
  for (const Backend* backend : backends()) all["runtimes"].push_back(runtime_json(*backend));
  for (const Command& task : task_commands())
    all["tasks"].push_back(task_json(task, store, invocation.settings));
  all["store"] = {{"home", store.home().string()}, {"models", store.names()}};
  all["libraries"] = libraries_json();
  all["missing"] = missing_json(all["runtimes"], all["libraries"], all["tasks"]);
  invocation.json() ? print_json(all) : print(version_text() + "\n\n" + report(all));
  return 0;
}

}  // namespace

Command doctor_command() {
  return {.name = "doctor",
          .summary = "say what this machine has, what each task will run on, and what is missing",
          .run = run};
}

}  // namespace lp::cli
