#include "store/archive.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
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
#include <string_view>
#include <utility>

namespace lp {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t largest_manifest = 1 << 20;      // bytes
constexpr std::size_t most_models = 256;                // their manifests are in memory at once
constexpr std::uint64_t largest_content = 1ULL << 50U;  // bytes of all files
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
    // Names are bytes here and there: they depend on no locale, and need none that knows their characters.
    check(archive_write_set_format_option(handle_.get(), "pax", "hdrcharset", "BINARY"));
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

/// A model with nothing wrong, open, and the text of its manifest.
struct Packed {
  OpenedModel model;
  std::string manifest;
};

Packed pack(const Store& store, const std::string& name, const std::function<void()>& poll) {
  Packed packed{.model = open_files(store, name)};
  if (const std::string wrong = compare_files(packed.model, poll).first_wrong(); !wrong.empty())
    fail(Fault::bad_model, "{}", wrong);
  packed.manifest = to_text(packed.model.manifest);
  if (packed.manifest.size() > static_cast<std::size_t>(largest_manifest))
    fail(Fault::unsupported, "{}: its manifest is larger than {} MB, which `import` takes from no archive",
         name, largest_manifest >> 20);
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
    if (archive_entry_sparse_count(entry) > 0)
      fail(Fault::bad_input, "{}: `{}` is sparse, and only whole files are taken", file_, path);
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos || !is_model_name(path.substr(0, slash)) ||
        !is_stored_path(path.substr(slash + 1)))
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
    if (models_.size() == most_models)
      fail(Fault::bad_input, "{}: more than {} models in it", file_, most_models);
    std::string text;
    read_content(static_cast<std::uint64_t>(size), name, [&](std::span<const std::byte> bytes) {
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    Unpacked model{.name = name, .manifest = parse_manifest(text, file_ + ": " + name + "/manifest.json")};
    model.staging = std::make_unique<Staging>(store_.incoming(), name);
    plan(model);
    models_.push_back(std::move(model));
  }

  /// Notes what has to follow.
  void plan(const Unpacked& model) {
    std::uint64_t total = 0;
    for (const Artefact& artefact : model.manifest.formats) {
      if (artefact.files.empty())
        fail(Fault::bad_input, "{}: the manifest of `{}` lists no files of {} {}", file_, model.name,
             artefact.format, artefact.precision);
      for (const StoredFile& stored : artefact.files) total += expect(model.name, stored);
    }
    if (expected_.empty())
      fail(Fault::bad_input, "{}: the manifest of `{}` lists no files", file_, model.name);
    check_disk(model.staging->folder(), total, file_);
  }

  /// Returns how many bytes more that makes: none for a file that artefacts share.
  std::uint64_t expect(const std::string& name, const StoredFile& stored) {
    if (!is_hex(stored.sha256, 64) || stored.path == manifest_name)
      fail(Fault::bad_input, "{}: the manifest of `{}` lists `{}` without a SHA-256", file_, name,
           stored.path);
    const auto [it, fresh] = expected_.emplace(stored.path, stored);
    if (!fresh && (it->second.size != stored.size || it->second.sha256 != stored.sha256))
      fail(Fault::bad_input, "{}: the manifest of `{}` lists `{}` twice, as two different files", file_, name,
           stored.path);
    if (!fresh) return 0;
    if (stored.size > largest_content - content_)
      fail(Fault::bad_input, "{}: the manifest of `{}` lists sizes that cannot be", file_, name);
    content_ += stored.size;
    return stored.size;
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
    read_content(stored.size, path, [&](std::span<const std::byte> bytes) {
      sum.add(bytes);
      writer.write(bytes);
    });
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

  /// The bytes of an entry, all `size` of them and one after the other: no holes.
  template <class Take>
  void read_content(std::uint64_t size, const std::string& what, const Take& take) {
    std::uint64_t done = 0;
    while (done < size) {
      const void* bytes = nullptr;
      std::size_t count = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(handle_.get(), &bytes, &count, &offset);
      if (result == ARCHIVE_EOF) break;
      check(result);
      if (offset != static_cast<la_int64_t>(done) || count > size - done)
        fail(Fault::bad_input, "{}: `{}` is sparse, and only whole files are taken", file_, what);
      take(std::span(static_cast<const std::byte*>(bytes), count));
      done += count;
    }
    if (done < size) fail(Fault::bad_input, "{}: ends within `{}`", file_, what);
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
  std::map<std::string, StoredFile, std::less<>> expected_;  // of the last model
  std::uint64_t content_ = 0;                                // bytes of all files so far
};

}  // namespace

void write_archive(const Store& store, std::span<const std::string> names, const ByteSink& sink,
                   const std::function<void()>& poll) {
  if (names.size() > most_models)
    fail(Fault::unsupported, "{} models: one archive takes {}; export some of them", names.size(),
         most_models);
  std::vector<Packed> models;
  for (const std::string& name : names) models.push_back(pack(store, name, poll));
  Writer writer(sink);
  for (const auto& [model, manifest] : models) {
    writer.add(model.name + "/" + std::string(manifest_name), std::as_bytes(std::span(manifest)));
    for (const auto& [path, opened] : model.files) {
      poll();
      writer.add(model.name + "/" + path, opened.file->bytes());
    }
  }
  writer.close();
}

std::vector<Unpacked> read_archive(const Store& store, const std::string& file, const ByteSource& source) {
  store.tidy();
  return Reader(store, file, source).read();
}

}  // namespace lp
