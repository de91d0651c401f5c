#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "store/archive.hpp"
#include "store/names.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lp::cli {
namespace {

using nlohmann::json;

/// A file, or standard input for `-`, read from the start to the end.
class Input {
 public:
  explicit Input(const std::string& file) : file_(file) {
    if (file == "-") return;
    opened_ = Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened_)
      fail(errno == ENOENT ? Fault::not_found : Fault::io, "{}: {}", file_,
           std::generic_category().message(errno));
  }

  std::size_t read(std::span<std::byte> to) const {
    while (true) {
      check_stop();
      const ssize_t taken = ::read(opened_ ? opened_.value() : STDIN_FILENO, to.data(), to.size());
      if (taken >= 0) return static_cast<std::size_t>(taken);
      if (errno != EINTR) fail(Fault::io, "{}: {}", file_, std::generic_category().message(errno));
    }
  }

 private:
  std::string file_;
  Descriptor opened_;
};

/// What an archive brings must be of use, and must fit what is there, before any of it is taken.
void check_takeable(const Store& store, const Unpacked& model) {
  for (const Artefact& artefact : model.manifest.formats)
    if (artefact.format == "gguf") check_opens(model.staging->folder() / artefact.path, model.name);
  store.check_addable(model.name, model.manifest);
}

json answer_of(const Unpacked& model) {
  json artefacts = json::array();
  for (const Artefact& artefact : model.manifest.formats)
    artefacts.push_back(
        {{"format", artefact.format}, {"precision", artefact.precision}, {"path", artefact.path}});
  return {{"model", model.name}, {"task", model.manifest.task}, {"artefacts", artefacts}};
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const Store store = open_store(settings);
  if (settings.has("name")) check_model_name(settings.text("name"));
  const std::string& file = invocation.arguments.front();
  const Input input(file);
  std::vector<Unpacked> models =
      read_archive(store, file, [&](std::span<std::byte> to) { return input.read(to); });
  if (settings.has("name") && models.size() > 1)
    fail(Fault::usage, "--name: {} has {} models, and one name is for one", file, models.size());
  for (Unpacked& model : models) {
    if (settings.has("name")) model.name = settings.text("name");
    model.manifest.model_id = model.name;
    check_takeable(store, model);
  }
  json answers = json::array();
  for (const Unpacked& model : models) {
    check_stop();
    store.add(model.name, model.manifest, model.manifest.formats, *model.staging);
    answers.push_back(answer_of(model));
    if (invocation.json()) continue;
    for (const Artefact& artefact : model.manifest.formats)
      print(fmt::format("{}: {} {}\n", model.name, plain(artefact.format), plain(artefact.precision)));
  }
  if (invocation.json()) print_json({{"models", answers}});
  return 0;
}

}  // namespace

Command import_command() {
  return {.name = "import",
          .summary = "take the models of an archive that `export` wrote into the store",
          .arguments = "FILE",
          .options = {"name"},
          .least_arguments = 1,
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
