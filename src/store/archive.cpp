#include "store/archive.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "store/download.hpp"
#include "store/names.hpp"
#include "store/verify.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace lp {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t largest_manifest = 16 << 20;  // bytes
constexpr std::size_t most_files = 100'000;          // of one model
constexpr std::string_view manifest_name = "manifest.json";

/// Nothing may be thrown through libarchive: what a callback throws is kept here until the call is over.
struct Stream {
  const ByteSink* sink = nullptr;
  const ByteSource* source = nullptr;
  std::array<std::byte, 1 << 16> buffer{};
  std::exception_ptr thrown;
};

la_ssize_t on_write(archive* handle, void* user, const void* bytes, std::size_t size) {
  auto* const stream = static_cast<Stream*>(user);
  try {
    (*stream->sink)({static_cast<const std::byte*>(bytes), size});
    return static_cast<la_ssize_t>(size);
  } catch (...) {
    stream->thrown = std::current_exception();
    archive_set_error(handle, EIO, "stopped");
    return -1;
  }
}

la_ssize_t on_read(archive* handle, void* user, const void** bytes) {
  auto* const stream = static_cast<Stream*>(user);
  try {
    *bytes = stream->buffer.data();
    return static_cast<la_ssize_t>((*stream->source)(stream->buffer));
  } catch (...) {
    stream->thrown = std::current_exception();
    archive_set_error(handle, EIO, "stopped");
    return -1;
  }
}

using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

/// A regular file like any other: no owner, no time, so that the bytes depend on the model only.
Entry make_entry(const std::string& path, std::size_t size) {
  Entry entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 0, 0);
  return entry;
}

class Writer {
 public:
  explicit Writer(const ByteSink& sink) {
    stream_.sink = &sink;
    check(archive_write_set_format_pax_restricted(handle_.get()));
    check(archive_write_add_filter_none(handle_.get()));
    check(archive_write_open(handle_.get(), &stream_, nullptr, on_write, nullptr));
  }

  void add(const std::string& path, std::span<const std::byte> bytes) {
    const Entry entry = make_entry(path, bytes.size());
    check(archive_write_header(handle_.get(), entry.get()));
    constexpr std::size_t part = 1 << 20;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(part, bytes.size()))) {
      const std::size_t size = std::min(part, bytes.size());
      if (archive_write_data(handle_.get(), bytes.data(), size) != static_cast<la_ssize_t>(size))
        check(ARCHIVE_FATAL);
    }
  }

  void close() { check(archive_write_close(handle_.get())); }

 private:
  void check(int result) {
    if (stream_.thrown) std::rethrow_exception(stream_.thrown);
    if (result != ARCHIVE_OK) fail(Fault::io, "the archive: {}", archive_error_string(handle_.get()));
  }

  Stream stream_;
  std::unique_ptr<archive, decltype(&archive_write_free)> handle_{archive_write_new(), archive_write_free};
};

/// A model on its way into the archive: nobody can change it any more.
struct Packed {
  std::string name;
  Manifest manifest;
  std::map<std::string, std::unique_ptr<MappedFile>> files;
};

Packed open_model_files(const Store& store, const std::string& name) {
  Packed packed{.name = name};
  store.while_still([&] {
    packed.manifest = store.manifest(name);
    for (const Artefact& artefact : packed.manifest.formats)
      for (const StoredFile& stored : artefact.files)
        packed.files.emplace(stored.path,
                             std::make_unique<MappedFile>(store.artefact_path(name, {.path = stored.path})));
  });
  return packed;
}

/// Reads one archive, entry by entry.
class Reader {
 public:
  Reader(const Store& store, std::string file, const ByteSource& source)
      : store_(store), file_(std::move(file)) {
    stream_.source = &source;
    archive_read_support_format_tar(handle_.get());
    check(archive_read_open(handle_.get(), &stream_, nullptr, on_read, nullptr));
  }

  std::vector<Unpacked> read() {
    while (archive_entry* const entry = next()) take(entry);
    if (models_.empty()) fail(Fault::bad_input, "{}: no model in it", file_);
    end_model();
    return std::move(models_);
  }

 private:
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(handle_.get(), &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    check(result);
    return entry;
  }

  void take(archive_entry* entry) {
    const char* const text = archive_entry_pathname(entry);
    const std::string path = text != nullptr ? text : "";
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr)
      fail(Fault::bad_input, "{}: `{}` is no regular file, and only those are taken", file_, path);
    const std::size_t slash = path.find('/');
    if (!is_stored_path(path) || slash == std::string::npos || !is_model_name(path.substr(0, slash)))
      fail(Fault::bad_input, "{}: `{}` is no path of a model's file (NAME/PATH)", file_, path);
    const std::string name = path.substr(0, slash), rest = path.substr(slash + 1);
    if (models_.empty() || models_.back().name != name)
      begin_model(name, rest, entry);
    else
      take_file(rest, path, entry);
  }

  void begin_model(const std::string& name, const std::string& rest, archive_entry* entry) {
    if (rest != manifest_name)
      fail(Fault::bad_input, "{}: `{}` comes before {}/{}", file_, rest, name, manifest_name);
    end_model();
    for (const Unpacked& other : models_)
      if (other.name == name) fail(Fault::bad_input, "{}: `{}` comes twice", file_, name);
    const std::int64_t size = archive_entry_size(entry);
    if (size < 0 || size > largest_manifest)
      fail(Fault::bad_input, "{}: the manifest of `{}` is larger than {} MB", file_, name,
           largest_manifest >> 20);
    std::string text(static_cast<std::size_t>(size), ' ');
    read_exactly({reinterpret_cast<std::byte*>(text.data()), text.size()}, name);
    Unpacked model{.name = name, .manifest = parse_manifest(text, file_ + ": " + name + "/manifest.json")};
    model.staging = std::make_unique<Staging>(store_.incoming(), name);
    plan(model);
    models_.push_back(std::move(model));
  }

  /// Notes what has to follow.
  void plan(const Unpacked& model) {
    std::uint64_t total = 0;
    for (const Artefact& artefact : model.manifest.formats)
      for (const StoredFile& stored : artefact.files) {
        if (stored.sha256.size() != 64 || stored.path == manifest_name)
          fail(Fault::bad_input, "{}: the manifest of `{}` lists `{}` without a SHA-256", file_, model.name,
               stored.path);
        const bool fresh = expected_.emplace(stored.path, stored).second;
        total += stored.size;
        if (!fresh || expected_.size() > most_files || stored.size > 1ULL << 50U)
          fail(Fault::bad_input,
               "{}: the manifest of `{}` lists `{}` twice, too many files, or sizes that cannot be", file_,
               model.name, stored.path);
      }
    if (expected_.empty())
      fail(Fault::bad_input, "{}: the manifest of `{}` lists no files", file_, model.name);
    check_disk(model.staging->folder(), total, file_);
  }

  void take_file(const std::string& rest, const std::string& path, archive_entry* entry) {
    const auto it = expected_.find(rest);
    if (it == expected_.end())
      fail(Fault::bad_input, "{}: `{}` is not in the manifest, or comes twice", file_, path);
    const StoredFile stored = it->second;
    expected_.erase(it);
    if (archive_entry_size(entry) < 0 || static_cast<std::uint64_t>(archive_entry_size(entry)) != stored.size)
      fail(Fault::bad_input, "{}: `{}` has {} bytes, but the manifest says {}", file_, path,
           archive_entry_size(entry), stored.size);
    FileWriter writer(models_.back().staging->folder() / stored.path);
    Sha256 sum;
    std::vector<std::byte> part(1 << 20);
    for (std::uint64_t left = stored.size; left > 0;) {
      const std::span<std::byte> bytes(part.data(),
                                       static_cast<std::size_t>(std::min<std::uint64_t>(left, part.size())));
      read_exactly(bytes, path);
      sum.add(bytes);
      writer.write(bytes);
      left -= bytes.size();
    }
    if (const std::string digest = sum.finish(); digest != stored.sha256)
      fail(Fault::bad_input, "{}: `{}` has the SHA-256 {}, but the manifest says {}", file_, path, digest,
           stored.sha256);
    writer.commit();
  }

  void end_model() {
    if (models_.empty()) return;
    if (!expected_.empty())
      fail(Fault::bad_input, "{}: `{}/{}` is missing", file_, models_.back().name, expected_.begin()->first);
    for (const Artefact& artefact : models_.back().manifest.formats)
      if (std::error_code error; !fs::exists(models_.back().staging->folder() / artefact.path, error))
        fail(Fault::bad_input, "{}: `{}/{}` is missing", file_, models_.back().name, artefact.path);
  }

  void read_exactly(std::span<std::byte> bytes, const std::string& what) {
    while (!bytes.empty()) {
      const la_ssize_t got = archive_read_data(handle_.get(), bytes.data(), bytes.size());
      if (got < 0) check(static_cast<int>(got));
      if (got == 0) fail(Fault::bad_input, "{}: ends within `{}`", file_, what);
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }

  void check(int result) {
    if (stream_.thrown) std::rethrow_exception(stream_.thrown);
    if (result == ARCHIVE_OK) return;
    const char* const why = archive_error_string(handle_.get());
    fail(Fault::bad_input, "{}: no archive that `export` wrote: {}", file_,
         why != nullptr ? why : "it is broken");
  }

  const Store& store_;
  std::string file_;
  Stream stream_;
  std::unique_ptr<archive, decltype(&archive_read_free)> handle_{archive_read_new(), archive_read_free};
  std::vector<Unpacked> models_;
  std::map<std::string, StoredFile, std::less<>> expected_;
};

}  // namespace

void write_archive(const Store& store, std::span<const std::string> names, const ByteSink& sink,
                   const std::function<void()>& poll) {
  std::vector<Packed> models;
  for (const std::string& name : names) {
    const ModelReport report = compare_files(store, name, poll);
    if (report.artefacts.empty()) fail(Fault::bad_model, "{}: there is nothing of it but its manifest", name);
    for (const ArtefactReport& artefact : report.artefacts)
      if (!artefact.wrong.empty()) fail(Fault::bad_model, "{}", artefact.wrong.front());
    models.push_back(open_model_files(store, name));
  }
  Writer writer(sink);
  for (const Packed& model : models) {
    const std::string manifest =
        to_json(model.manifest).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    writer.add(model.name + "/" + std::string(manifest_name), std::as_bytes(std::span(manifest)));
    for (const auto& [path, file] : model.files) {
      poll();
      writer.add(model.name + "/" + path, file->bytes());
    }
  }
  writer.close();
}

std::vector<Unpacked> read_archive(const Store& store, const std::string& file, const ByteSource& source) {
  store.while_still([&] { remove_leftovers(store.incoming()); });
  return Reader(store, file, source).read();
}

}  // namespace lp
