#include "store/download.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/git_blob.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace lp {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "bytes 5-9/10" (RFC 9110, section 14.4).
struct ContentRange {
  std::uint64_t first = 0, total = 0;
};

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  const std::size_t dash = text.find('-'), slash = text.find('/');
  if (!text.starts_with(unit) || dash == std::string_view::npos || slash == std::string_view::npos ||
      dash > slash)
    return std::nullopt;
  const auto first = parse_size(text.substr(unit.size(), dash - unit.size())),
             last = parse_size(text.substr(dash + 1, slash - dash - 1)),
             total = parse_size(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last + 1 != *total) return std::nullopt;
  return ContentRange{*first, *total};
}

/// An ETag without its quotes; "" for a weak one, which does not say that two bodies are the same to the byte
/// (RFC 9110, section 8.8.1).
std::string strong(std::string etag) {
  if (etag.size() < 2 || etag.front() != '"' || etag.back() != '"') return "";
  return etag.substr(1, etag.size() - 2);
}

/// Whether a digest tells that a file is the right one.
bool is_checkable(const Remote& stated) {
  return !stated.sha256.empty() || !stated.git_blob.empty();
}

/// One attempt at a file: asks for what is missing, and appends what comes.
class Transfer : public HttpReceiver {
 public:
  /// `stated`: what the publisher says; what the hub's headers say is added to it.
  Transfer(Remote& stated, Partial& partial, const Downloads::Progress& progress, const FreeBytes& free)
      : stated_(stated), partial_(partial), progress_(progress), free_(free) {}

  std::vector<std::string> headers() override {
    if (!partial_.can_go_on()) return {};
    return {fmt::format("Range: bytes={}-", partial_.size()),
            fmt::format("If-Range: \"{}\"", partial_.version().etag)};
  }

  void on_redirect(const HttpResponse& response) override { note_hub(response); }

  bool on_response(const HttpResponse& response) override {
    note_hub(response);
    const std::string etag = strong(response.header("etag"));
    if (response.status == 206) {
      take_rest(response, etag);
    } else if (response.status == 200) {
      const auto size = parse_size(response.header("content-length"));
      partial_.start({etag, linked_etag_, size ? size : stated_.size});
      if (size) check_size(*size);
    } else if (response.status == 416 && partial_.size() > 0) {
      // If-Range is judged before Range: it is the same version still, and all of it is here; or the server
      // does not know If-Range, and only a digest can tell.
      const bool known = etag == partial_.version().etag || is_checkable(stated_);
      whole = known && response.header("content-range") == fmt::format("bytes */{}", partial_.size());
      if (!whole) begin_anew(fmt::format("{}: {} has no such part", stated_.name, response.url.host));
    } else {
      broken = refusal_of(response, stated_.name);
    }
    return !broken && !whole;
  }

  void on_body(std::span<const std::byte> bytes) override {
    const std::uint64_t most = stated_.size.value_or(stated_.most_bytes);
    if (partial_.size() + bytes.size() > most)
      fail(Fault::io, "{}: more than the {} bytes that it may have", stated_.name, most);
    watch_disk();
    partial_.append(bytes);
    received += bytes.size();
    if (progress_) progress_(stated_.name, partial_.size(), total_);
  }

  std::optional<std::string> broken;  // why it may be tried again
  bool whole = false;                 // the server says that all of it is here
  std::uint64_t received = 0;         // bytes

 private:
  /// The rest of what is here, if it can be nothing else: of the very version, from where it broke off to the
  /// end. Else what is here goes, and the file is asked for from its beginning.
  void take_rest(const HttpResponse& response, const std::string& etag) {
    const auto range = parse_content_range(response.header("content-range"));
    const bool is_rest = partial_.can_go_on() && range && range->first == partial_.size() &&
                         etag == partial_.version().etag && range->total == partial_.version().size;
    if (is_rest)
      check_size(range->total);
    else
      begin_anew(
          fmt::format("{}: {} sends another part than was asked for", stated_.name, response.url.host));
  }

  void begin_anew(std::string why) {
    partial_.start({});
    broken = std::move(why);
  }

  /// The hub's word about a file that lies elsewhere, or of one that it sends itself.
  void note_hub(const HttpResponse& response) {
    const std::string linked = strong(response.header("x-linked-etag"));
    if (!linked.empty()) {
      linked_etag_ = linked;
      if (partial_.size() > 0 && linked != partial_.version().linked_etag) partial_.start({});
      if (is_hex(linked, 64)) state(stated_.sha256, linked);
    }
    if (const auto size = parse_size(response.header("x-linked-size")); size && !linked.empty())
      check_stated(*size);
    const std::string etag = strong(response.header("etag"));
    if (linked_etag_.empty() && !response.header("x-repo-commit").empty() && is_hex(etag, 40))
      state(stated_.git_blob, etag);
  }

  void state(std::string& known, const std::string& said) const {
    if (known.empty()) known = said;
    if (known != said)
      fail(Fault::io, "{}: the hub states two digests, {} and {}", stated_.name, known, said);
  }

  void check_stated(std::uint64_t size) {
    if (size > stated_.most_bytes)
      fail(Fault::io, "{}: {} bytes, more than the {} that such a file may have", stated_.name, size,
           stated_.most_bytes);
    if (!stated_.size) stated_.size = size;
    if (*stated_.size != size)
      fail(Fault::io, "{}: {} bytes, but its publisher states {}", stated_.name, size, *stated_.size);
  }

  /// `total`: bytes of the whole file.
  void check_size(std::uint64_t total) {
    check_stated(total);
    total_ = total;
    const std::uint64_t rest = total - std::min(total, partial_.size());
    check_disk(partial_.path().parent_path(), rest, stated_.name, free_);
  }

  /// Looks again and again whether there is room for what comes next: the server need not say how much that
  /// is, and others write to the disk as well.
  void watch_disk() {
    constexpr std::uint64_t step = 64U << 20U;
    if (partial_.size() < watched_) return;
    const std::uint64_t rest = total_ > partial_.size() ? total_ - partial_.size() : step;
    check_disk(partial_.path().parent_path(), std::min(rest, step), stated_.name, free_);
    watched_ = partial_.size() + step;
  }

  Remote& stated_;
  Partial& partial_;
  const Downloads::Progress& progress_;
  const FreeBytes& free_;
  std::string linked_etag_;
  std::uint64_t total_ = 0, watched_ = 0;  // bytes: of the whole file; up to where the disk has room
};

/// Whether all of it is here and a digest can tell that it is the right thing, so that nobody need be asked.
bool is_whole(const Remote& stated, const Partial& partial) {
  return stated.size && partial.size() == *stated.size && is_checkable(stated);
}

/// Digests of what came. @throws Error{io}.
Fetched measure(const Remote& stated, Partial& partial) {
  partial.sync();
  Fetched fetched{.file = partial.path(), .size = partial.size(), .sha256 = sha256_of_file(partial.path())};
  if (!stated.sha256.empty()) {
    fetched.checked = "sha256";
  } else if (!stated.git_blob.empty()) {
    fetched.checked = "git_blob";
  }
  return fetched;
}

/// What is wrong with the bytes that came, "" if nothing is.
std::string mismatch(const Remote& stated, const Fetched& fetched) {
  if (fetched.checked == "sha256" && fetched.sha256 != stated.sha256)
    return fmt::format("{}: came with SHA-256 {}, but its publisher states {}", stated.name, fetched.sha256,
                       stated.sha256);
  if (fetched.checked == "git_blob") {
    const std::string blob = git_blob(MappedFile(fetched.file).bytes());
    if (blob != stated.git_blob)
      return fmt::format("{}: came as git blob {}, but its publisher states {}", stated.name, blob,
                         stated.git_blob);
  }
  return "";
}

}  // namespace

std::optional<std::uint64_t> free_bytes(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) return std::nullopt;
  return space.available;
}

void check_disk(const fs::path& folder, std::uint64_t bytes, const std::string& what, const FreeBytes& free) {
  constexpr std::uint64_t kept_free = 64U << 20U;
  const std::optional<std::uint64_t> room = free(folder);
  if (room && (*room < kept_free || *room - kept_free < bytes))
    fail(Fault::io, "{}: needs {:.1f} MB on the disk of {}, which has {:.1f} MB free", what,
         static_cast<double>(bytes) * 1e-6, folder.string(), static_cast<double>(*room) * 1e-6);
}

Downloads::Downloads(fs::path folder, HttpClient& client, Progress progress, FreeBytes free)
    : folder_(std::move(folder)), client_(client), progress_(std::move(progress)), free_(std::move(free)) {}

void Downloads::bring(Remote& stated, Partial& partial, std::uint64_t& before) try {
  constexpr int attempts = 3;
  std::uint64_t largest = partial.size();
  for (int failures = 0; !is_whole(stated, partial);) {
    const std::uint64_t had = partial.size();
    Transfer transfer(stated, partial, progress_, free_);
    std::optional<std::string> broken = client_.get(stated.url, transfer);
    if (transfer.broken) broken = transfer.broken;
    received_ += transfer.received;
    if (partial.size() < had + transfer.received) before = 0;  // it was begun anew
    if (!broken && stated.size && partial.size() != *stated.size)
      broken = fmt::format("{}: {} of {} bytes came", stated.name, partial.size(), *stated.size);
    if (!broken) return;
    // Only what never was here before is progress: a server may send the same beginning for ever.
    failures = partial.size() > largest ? 1 : failures + 1;
    largest = std::max(largest, partial.size());
    if (failures == attempts)
      fail(Fault::io, "{}; {}", *broken,
           partial.can_go_on() ? "what came of it is kept, and the same command goes on with it"
                               : "try again later");
    client_.pause(failures);
  }
} catch (...) {
  if (!partial.can_go_on()) partial.remove();
  throw;
}

Fetched Downloads::fetch(const Remote& remote) {
  auto partial = std::make_unique<Partial>(folder_, remote.url);
  Remote stated = remote;
  for (std::uint64_t before = partial->size();; before = 0) {
    bring(stated, *partial, before);
    Fetched fetched = measure(stated, *partial);
    const std::string wrong = mismatch(stated, fetched);
    if (wrong.empty()) {
      resumed_ += before;
      fetched_.push_back(std::move(partial));
      return fetched;
    }
    if (before == 0) {
      partial->remove();
      fail(Fault::io, "{}; it was thrown away", wrong);
    }
    partial->start({});  // what was there from before is wrong, or what came is: that shows the second time
  }
}

void Downloads::remove() {
  for (const auto& partial : fetched_) partial->remove();
  fetched_.clear();
}

}  // namespace lp
