#include "cli/transfer_progress.hpp"

#include "cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace lp::cli {

TransferProgress::TransferProgress(bool shown) : shown_(shown && ::isatty(STDERR_FILENO) != 0) {}

TransferProgress::~TransferProgress() {
  clear();
}

void TransferProgress::show(const std::string& what, std::uint64_t done, std::uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const std::string of = total > 0 ? " of " + human_size(static_cast<double>(total)) : "";
  std::fputs(fmt::format("\r\033[K{} {}{}", plain(what), human_size(static_cast<double>(done)), of).c_str(),
             stderr);
}

void TransferProgress::clear() const {
  if (shown_) std::fputs("\r\033[K", stderr);
}

}  // namespace lp::cli
