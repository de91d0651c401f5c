#pragma once
#include "base/json.hpp"
#include "base/options.hpp"
#include "cli/command.hpp"
#include "runtime/session.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <string>

namespace lp::cli {

/// A model on its way into the store.
struct Incoming {
  std::string name;               // in the store
  std::filesystem::path weights;  // the file to open
  nlohmann::json source;          // `source` of the manifest; its sha256 is measured where it is not there
  std::string license;            // as its publisher states it beside the file; "" where it does not
  std::string command;            // "convert" or "pull", for the recipe
  /// Whether a GGUF of ours is taken byte for byte where --precision does not ask for another one.
  bool keep_ours = false;
};

/// Takes a model into the store as the GGUF that --precision asks for: opens it, checks every weight, writes
/// it, and adds it in one step. Onto an existing name it adds or replaces that precision. The recipe notes
/// what the artefact was made of. Returns what `convert --json` prints. @throws Error; Stopped.
nlohmann::json take_in(const Store& store, const Settings& settings, const Incoming& incoming);

/// The licence that counts: the user's word, the publisher's beside the file, what the store had, the file's
/// own.
std::string license_of(const Settings& settings, const Incoming& incoming,
                       const std::optional<Manifest>& before, const Model& model);

/// What the manifest says of a model apart from its artefacts. The source's digest is measured where it is
/// not there.
Manifest manifest_of(const Incoming& incoming, const Model& model, const Program& program);

/// What `convert --json` prints of an artefact.
nlohmann::json answer_of(const Store& store, const Manifest& about, const Artefact& artefact);

/// Says which of the model's artefacts stay as they are although they were made from another source.
void warn_of_others(const Manifest& before, const nlohmann::json& source, const Artefact& replaced);

/// Prints what take_in returned, and warns where nobody states a licence.
void print_taken_in(const Invocation& invocation, const nlohmann::json& answer);

/// Opens a GGUF of ours and binds every weight of it to its graphs; says what it is.
/// @throws Error{bad_model}; Error{io} if it cannot be read.
std::shared_ptr<const Model> check_opens(const std::filesystem::path& gguf, const std::string& name);

}  // namespace lp::cli
