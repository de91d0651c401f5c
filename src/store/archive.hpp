#pragma once
#include "store/manifest.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// Takes or gives the bytes of an archive. A source gives 0 at the end.
using ByteSink = std::function<void(std::span<const std::byte>)>;
using ByteSource = std::function<std::size_t(std::span<std::byte>)>;

/// Writes models of a store as a tar archive (POSIX pax, uncompressed): for each model NAME/manifest.json,
/// then the files that it names, NAME/PATH. The same models give the same bytes. Every file is compared with
/// its manifest before the first byte is written, and what is written is what was compared.
/// @throws Error{not_found}; Error{bad_model} if a model is not as its manifest says; Error{unsupported} for
/// more than read_archive takes; Error{io}; what `sink` and `poll` throw.
void write_archive(const Store& store, std::span<const std::string> names, const ByteSink& sink,
                   const std::function<void()>& poll);

/// A model that was taken out of an archive: its files lie in `staging` under their paths.
struct Unpacked {
  std::string name;
  Manifest manifest;
  std::unique_ptr<Staging> staging;
};

/// Takes the models out of an archive that write_archive wrote. Each begins with its manifest, which bounds
/// all that follows: exactly the files that it names, each once, a regular file of the size and SHA-256 that
/// it says. Anything else ends it: links, devices, folders, sparse files, compression, paths that lead out,
/// more models or bytes than there can be. `file` names the archive in messages. @throws Error{bad_input}
/// with what is wrong; Error{bad_model} for a manifest that is none; Error{io}, also if there is no room;
/// what `source` throws.
std::vector<Unpacked> read_archive(const Store& store, const std::string& file, const ByteSource& source);

}  // namespace lp
