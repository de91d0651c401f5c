#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace lp::cli {

/// One line on the terminal that says how much of a file has come; nothing with `--quiet`, or where standard
/// error is no terminal.
class TransferProgress {
 public:
  explicit TransferProgress(bool shown);
  ~TransferProgress();
  TransferProgress(const TransferProgress&) = delete;
  TransferProgress& operator=(const TransferProgress&) = delete;
  /// `total`: bytes of the whole file, 0 if nobody knows.
  void show(const std::string& what, std::uint64_t done, std::uint64_t total);
  /// Takes the line away, so that other text can be printed.
  void clear() const;

 private:
  bool shown_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace lp::cli
