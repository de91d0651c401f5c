#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/conversion.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/transfer_progress.hpp"
#include "cli/version.hpp"
#include "formats/checkpoint.hpp"
#include "net/http.hpp"
#include "store/catalogue.hpp"
#include "store/download.hpp"
#include "store/hub.hpp"
#include "store/names.hpp"
#include "store/source.hpp"
#include "store/verify.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* hub_setting = "HF_ENDPOINT";

/// The hub's address, without a slash at its end, and the setting that names it ("" for the hub of the
/// default).
struct Endpoint {
  std::string address, setting;
};

/// @throws Error{usage} if HF_ENDPOINT is no address of a hub.
Endpoint hub_endpoint() {
  std::string address = environment(hub_setting);
  while (address.ends_with('/')) address.pop_back();
  if (address.empty()) return {"https://huggingface.co", ""};
  const std::string shown = shown_address(address);
  try {
    const Url url = parse_url(address);
    if (shown == address && url.without_query() == url.text) return {address, hub_setting};
  } catch (const Error&) {  // said below, with the setting's name
  }
  fail(Fault::usage, "{}: `{}` is no address of a hub; https://HOST is one", hub_setting, shown);
}

HttpClient make_client(const Settings& settings, const Endpoint& endpoint) {
  const Url hub = parse_url(endpoint.address);
  const std::string token = environment("HF_TOKEN");
  if (!token.empty() && hub.scheme == "http" && !is_loopback(hub.host))
    spdlog::warn("HF_TOKEN goes to {} without encryption, as HF_ENDPOINT asks", hub.host);
  return HttpClient(fmt::format("llama-pajamas/{}", program_version()),
                    {.stall_s = settings.integer("timeout")},
                    {.origin = hub.origin(), .token = token, .setting = endpoint.setting}, check_stop);
}

/// What a pull works with.
struct Pull {
  const Store& store;
  const Settings& settings;
  std::string name;
  std::string license;  // as the catalogue has it, "" where it has none
  const Endpoint& endpoint;
  HttpClient& client;
  Downloads& downloads;
  const TransferProgress& progress;
};

/// Puts a fetched file where the reader of checkpoints looks for it.
void put(const Fetched& fetched, const fs::path& target) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  fs::create_hard_link(fetched.file, target, error);
  if (error) fs::copy_file(fetched.file, target, error);
  if (error) fail(Fault::io, "{}: {}", target.string(), error.message());
}

json digest_of(const Fetched& fetched) {
  return {{"sha256", fetched.sha256},
          {"checked", fetched.checked.empty() ? json(nullptr) : json(fetched.checked)}};
}

/// Whether the artefact was made of this source: the same commit, and the same bytes where both say which.
bool is_made_of(const Artefact& artefact, const json& source, const std::string& sha256) {
  const json made_of = artefact.recipe.value("source", json::object());
  if (!made_of.is_object() || text_of(made_of, "uri") != text_of(source, "uri") ||
      text_of(made_of, "revision") != text_of(source, "revision"))
    return false;
  return sha256.empty() || text_of(made_of, "sha256") == sha256;
}

/// The model's artefact, if this very commit of this very repository is stored already and unharmed, and
/// nothing is asked for that it may not be. `sha256`: of the weights, as the hub states it.
std::optional<json> find_up_to_date(const Pull& pull, const json& source, const std::string& sha256) {
  const Settings& settings = pull.settings;
  for (const char* work : {"license", "size", "calibrate"})
    if (settings.has(work)) return std::nullopt;
  if (!pull.store.contains(pull.name)) return std::nullopt;
  const OpenedModel model = open_files(pull.store, pull.name);
  const Manifest& manifest = model.manifest;
  const std::string asked = settings.text("precision");
  for (const ArtefactReport& report : compare_files(model, check_stop).artefacts) {
    const Artefact& artefact = report.artefact;
    if (artefact.format != "gguf" || !report.wrong.empty() || artefact.files.size() != 1 ||
        !is_made_of(artefact, source, sha256) ||
        (!same_precision(asked, "auto") && !same_precision(asked, artefact.precision)))
      continue;
    return json{{"model", pull.name},
                {"task", manifest.task},
                {"format", artefact.format},
                {"precision", artefact.precision},
                {"path", pull.store.artefact_path(pull.name, artefact).string()},
                {"size", artefact.files.front().size},
                {"sha256", artefact.files.front().sha256},
                {"license", manifest.license},
                {"source", artefact.recipe["source"]},
                {"up_to_date", true}};
  }
  return std::nullopt;
}

json pull_from_hub(const Pull& pull, const HubSource& from) {
  const Hub hub(pull.endpoint.address, pull.endpoint.setting, pull.client);
  const HubListing listing = hub.list(from);
  const std::vector<HubFile> files = choose_files(listing, from.file, from.text());
  json source = {
      {"uri", fmt::format("hf://{}{}{}", from.repository, from.file.empty() ? "" : ":", from.file)},
      {"revision", listing.commit}};
  if (std::optional<json> stored = find_up_to_date(pull, source, files.front().sha256))
    return *std::move(stored);
  const Staging staging = pull.store.stage(pull.name);
  // What is fetched, and about as much again for what is made of it.
  check_disk(staging.folder(), 2 * std::min(files.front().size.value_or(0), largest_weights), from.text());
  json beside = json::array();
  for (const HubFile& file : files) {
    const Fetched fetched = pull.downloads.fetch(hub.remote(from, listing, file));
    put(fetched, staging.folder() / file.path);
    json entry = digest_of(fetched);
    if (&file == &files.front()) source.update(entry);
    entry.update({{"path", file.path}, {"size", fetched.size}});
    beside.push_back(entry);
  }
  source["files"] = beside;
  pull.progress.clear();
  return take_in(pull.store, pull.settings,
                 {.name = pull.name,
                  .weights = staging.folder() / files.front().path,
                  .source = source,
                  .license = pull.license.empty() ? listing.license : pull.license,
                  .command = "pull",
                  .keep_ours = true});
}

json pull_from_web(const Pull& pull, const WebSource& from) {
  const Url url = parse_url(from.url);
  const Staging staging = pull.store.stage(pull.name);
  const Fetched fetched =
      pull.downloads.fetch({.url = url.text, .name = url.without_query(), .most_bytes = largest_weights});
  const std::string file = fs::path(unescape_url(url.path)).filename().string();
  const fs::path weights = staging.folder() / (is_stored_path(file) ? file : "model");
  put(fetched, weights);
  pull.progress.clear();
  json source = digest_of(fetched);
  source.update({{"uri", url.without_query()}, {"revision", nullptr}});
  return take_in(
      pull.store, pull.settings,
      {.name = pull.name, .weights = weights, .source = source, .command = "pull", .keep_ours = true});
}

json pull_from_file(const Store& store, const Settings& settings, const std::string& name,
                    const FileSource& from) {
  std::error_code error;
  const fs::path weights = fs::is_directory(from.path, error) ? find_checkpoint(from.path) : from.path;
  return take_in(store, settings,
                 {.name = name,
                  .weights = weights,
                  .source = {{"uri", file_uri(weights)}, {"revision", nullptr}},
                  .command = "pull",
                  .keep_ours = true});
}

json pull_from_network(const Invocation& invocation, const Store& store, const std::string& name,
                       const ModelSource& source) {
  const Settings& settings = invocation.settings;
  const CatalogueEntry* const entry = find_in_catalogue(invocation.arguments.front());
  if (settings.flag("offline"))
    fail(Fault::unsupported,
         "--offline is set, and {} is on the network; pull file:///PATH, or import an archive",
         shown_address(invocation.arguments.front()));
  const Endpoint endpoint = hub_endpoint();
  HttpClient client = make_client(settings, endpoint);
  TransferProgress progress(!settings.flag("quiet"));
  Downloads downloads(store.incoming(), client,
                      [&](const std::string& what, std::uint64_t done, std::uint64_t total) {
                        progress.show(what, done, total);
                      });
  const Pull pull{store,    settings, name,      std::string(entry != nullptr ? entry->license : ""),
                  endpoint, client,   downloads, progress};
  json answer;
  try {
    const auto* const hub = std::get_if<HubSource>(&source);
    answer = hub != nullptr ? pull_from_hub(pull, *hub) : pull_from_web(pull, std::get<WebSource>(source));
  } catch (const Error& error) {  // what is of no use is not kept for the next attempt
    if (error.fault() == Fault::bad_model || error.fault() == Fault::unsupported) downloads.remove();
    throw;
  }
  downloads.remove();
  answer["bytes_received"] = downloads.received();
  answer["bytes_resumed"] = downloads.resumed();
  return answer;
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const Store store = open_store(settings);
  const std::string& asked = invocation.arguments.front();
  const ModelSource source = parse_source(asked);
  const std::string name = settings.has("name")                  ? settings.text("name")
                           : find_in_catalogue(asked) != nullptr ? asked
                                                                 : default_name(source);
  if (!is_model_name(name) && !settings.has("name"))
    fail(Fault::usage, "{}: no model can be called after it; give it a name with --name",
         shown_address(asked));
  check_model_name(name);
  const auto* const file = std::get_if<FileSource>(&source);
  const json answer = file != nullptr ? pull_from_file(store, settings, name, *file)
                                      : pull_from_network(invocation, store, name, source);
  if (answer.contains("up_to_date") && !invocation.json()) {
    print(fmt::format("{}: up to date\n", name));
    print(plain(answer["path"].get<std::string>()) + "\n");
  } else {
    print_taken_in(invocation, answer);
  }
  return 0;
}

}  // namespace

Command pull_command() {
  return {.name = "pull",
          .summary =
              "fetch a model into the store: hf://ORG/REPO[@REVISION][:FILE], https://, file:// or a name of "
              "the catalogue",
          .arguments = "SOURCE",
          .options = {"name", "license", "size", "calibrate", "timeout"},
          .least_arguments = 1,
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
