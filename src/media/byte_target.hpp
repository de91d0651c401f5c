#pragma once
#include "base/files.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace lp {

/// Takes bytes as they come, such as standard output. May throw.
using ByteSink = std::function<void(std::span<const std::byte>)>;

/// Where a library of C writes: a file, which gets its name when all of it is there, or a sink. What goes
/// wrong is kept, since no exception may pass through C.
class ByteTarget {
 public:
  /// @throws Error{io}.
  explicit ByteTarget(const std::filesystem::path& path) { file_.emplace(path); }
  explicit ByteTarget(ByteSink sink) : sink_(std::move(sink)) {}

  /// Whether what was written can be changed.
  bool can_seek() const { return file_.has_value(); }
  /// False if it, or a write before, failed; `check` throws the reason.
  bool write(std::span<const std::byte> bytes) {
    const bool well = attempt([&] { file_ ? file_->write(bytes) : sink_(bytes); });
    position_ += static_cast<std::int64_t>(bytes.size());
    size_ = std::max(size_, position_);
    return well;
  }
  bool seek(std::int64_t position) {
    if (!can_seek()) return false;
    position_ = position;
    return attempt([&] { file_->seek(static_cast<std::size_t>(position)); });
  }
  std::int64_t position() const { return position_; }
  std::int64_t size() const { return size_; }

  /// @throws what went wrong in a write.
  void check() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  /// Gives a file its name. @throws what went wrong before, Error{io}.
  void commit() {
    check();
    if (file_) file_->commit();
  }

 private:
  template <class Work>
  bool attempt(const Work& work) {
    if (failure_) return false;
    try {
      work();
      return true;
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  std::optional<FileWriter> file_;
  ByteSink sink_;
  std::int64_t position_ = 0, size_ = 0;
  std::exception_ptr failure_;
};

}  // namespace lp
