#include "base/error.hpp"
#include "base/files.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "store/archive.hpp"

#include <unistd.h>

#include <algorithm>

namespace lp::cli {
namespace {

/// Writes to standard output, which is then for the archive alone. Returns its size in bytes.
std::size_t write_to_output(const Invocation& invocation, const Store& store,
                            const std::vector<std::string>& names) {
  if (invocation.json()) fail(Fault::usage, "--json and --output -: both want standard output");
  if (::isatty(STDOUT_FILENO) != 0) fail(Fault::usage, "--output -: an archive is nothing for a terminal");
  std::size_t size = 0;
  write_archive(
      store, names,
      [&](std::span<const std::byte> bytes) {
        print({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        size += bytes.size();
      },
      check_stop);
  return size;
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const Store store = open_store(settings);
  if (!settings.has("output"))
    fail(Fault::usage, "export: --output FILE says where to (- for standard output)");
  std::vector<std::string> names = invocation.arguments;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) store.check_there(name);
  const std::string output = settings.text("output");
  if (output == "-") {
    write_to_output(invocation, store, names);
    return 0;
  }
  FileWriter writer(output);
  write_archive(store, names, [&](std::span<const std::byte> bytes) { writer.write(bytes); }, check_stop);
  writer.commit();
  if (invocation.json()) {
    print_json({{"output", output}, {"models", names}, {"size", writer.position()}});
  } else {
    print(fmt::format("{}: {}, {}\n", plain(output), fmt::join(names, ", "),
                      human_size(static_cast<double>(writer.position()))));
  }
  return 0;
}

}  // namespace

Command export_command() {
  return {.name = "export",
          .summary = "write models of the store to one archive",
          .arguments = "MODEL...",
          .options = {"output"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
