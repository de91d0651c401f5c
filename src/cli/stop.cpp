#include "cli/stop.hpp"

#include "base/error.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

namespace lp::cli {
namespace {

// Read by other threads, too.
std::atomic<int> received = 0;
static_assert(std::atomic<int>::is_always_lock_free, "or a handler of signals may not write it");

extern "C" void on_signal(int number) {
  received = number;
}

/// Up to `size` bytes; 0 at the end.
std::size_t read_some(char* to, std::size_t size) {
  while (true) {
    check_stop();
    const ssize_t taken = ::read(STDIN_FILENO, to, size);
    if (taken >= 0) return static_cast<std::size_t>(taken);
    if (errno != EINTR) fail(Fault::io, "standard input: {}", std::generic_category().message(errno));
  }
}

}  // namespace

void catch_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // no SA_RESTART: reads are interrupted
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  ::sigaction(SIGPIPE, &action, nullptr);
}

int stop_signal() {
  return received;
}

void check_stop() {
  if (received != 0) throw Stopped();
}

bool read_input_line(std::string& line) {
  line.clear();
  for (char c = 0; read_some(&c, 1) == 1;) {
    if (c == '\n') return true;
    line += c;
  }
  return !line.empty();
}

std::string read_input(std::size_t most) {
  std::string text;
  std::vector<char> part(1 << 16);
  while (const std::size_t taken = read_some(part.data(), part.size())) {
    if (text.size() + taken > most)
      fail(Fault::bad_input, "standard input: longer than {} MB", most / 1'000'000);
    text.append(part.data(), taken);
  }
  return text;
}

}  // namespace lp::cli
