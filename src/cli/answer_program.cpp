#include "cli/answer_program.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): macOS does not declare it

namespace lp::cli {
namespace {

constexpr std::size_t most_answer = 4'000'000;  // bytes, as `speak` takes
constexpr int look_ms = 50;
constexpr int patience_ms = 500;  // from a polite request to end until the other one

std::string reason(int error) {
  return std::generic_category().message(error);
}

void close_end(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

/// A pipe that other programs do not inherit.
struct Pipe {
  int read = -1, write = -1;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) fail(Fault::io, "--answer: {}", reason(errno));
    read = ends[0], write = ends[1];
    ::fcntl(read, F_SETFD, FD_CLOEXEC);
    ::fcntl(write, F_SETFD, FD_CLOEXEC);
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

/// Starts a shell with these ends as its input and output, in a group of processes of its own.
pid_t start_shell(const std::string& command, int input, int output) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawnattr_t how;
  ::posix_spawnattr_init(&how);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);  // which we ignore
  ::posix_spawnattr_setsigdefault(&how, &usual);
  ::posix_spawnattr_setpgroup(&how, 0);
  ::posix_spawnattr_setflags(&how, static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF));
  std::string shell = "sh", flag = "-c", words = command;
  const std::array<char*, 4> arguments = {shell.data(), flag.data(), words.data(), nullptr};
  pid_t process = -1;
  const int error = ::posix_spawn(&process, "/bin/sh", &files, &how, arguments.data(), environ);
  ::posix_spawnattr_destroy(&how);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) fail(Fault::io, "--answer: /bin/sh cannot be started: {}", reason(error));
  return process;
}

/// Whether a process has ended; it is still to be waited for then.
bool has_ended(pid_t process) {
  siginfo_t ended{};
  return ::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         ended.si_pid != 0;
}

}  // namespace

AnswerProgram::AnswerProgram(std::string command, std::string text)
    : command_(std::move(command)), text_(std::move(text)) {
  Pipe in, out;
  process_ = start_shell(command_, in.read, out.write);
  input_ = std::exchange(in.write, -1);
  output_ = std::exchange(out.read, -1);
  ::fcntl(input_, F_SETFL, O_NONBLOCK);
}

AnswerProgram::~AnswerProgram() {
  end();
}

/// Writes as much of the text as the program takes now.
void AnswerProgram::feed() {
  const ssize_t written = ::write(input_, text_.data(), text_.size());
  if (written > 0) text_.erase(0, static_cast<std::size_t>(written));
  // One that does not read its input may still answer.
  if (written < 0 && errno != EAGAIN && errno != EINTR) text_.clear();
  if (text_.empty()) close_end(input_);
}

/// Reads what is there; false at the end.
bool AnswerProgram::take(std::string& answer) {
  std::array<char, 4096> part{};
  const ssize_t taken = ::read(output_, part.data(), part.size());
  if (taken < 0 && errno == EINTR) return true;
  if (taken < 0) fail(Fault::io, "--answer {}: {}", command_, reason(errno));
  answered_ += static_cast<std::size_t>(taken);
  if (answered_ > most_answer)
    fail(Fault::bad_input, "--answer {}: an answer of more than {} MB", command_, most_answer / 1'000'000);
  answer.append(part.data(), static_cast<std::size_t>(taken));
  return taken > 0;
}

bool AnswerProgram::next(std::string& answer, const std::function<bool()>& stop) {
  if (text_.empty()) close_end(input_);
  while (process_ >= 0 && !stop()) {
    std::array<pollfd, 2> ends = {pollfd{output_, POLLIN, 0}, pollfd{input_, POLLOUT, 0}};
    if (::poll(ends.data(), ends.size(), look_ms) <= 0) continue;
    if (input_ >= 0 && ends[1].revents != 0) feed();
    if (ends[0].revents == 0) continue;
    if (take(answer)) return true;
    close_end(input_);
    int status = 0;
    while (::waitpid(process_, &status, WNOHANG) == 0) {
      if (stop()) return false;
      ::poll(nullptr, 0, look_ms / 10);
    }
    process_ = -1;
    if (WIFSIGNALED(status)) fail(Fault::io, "--answer {}: ended by signal {}", command_, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
      fail(Fault::io, "--answer {}: it ended with status {}", command_, WEXITSTATUS(status));
    return false;
  }
  return false;
}

void AnswerProgram::end() {
  close_end(input_);
  close_end(output_);
  if (process_ < 0) return;
  ::kill(-process_, SIGTERM);
  // What it started may outlive the shell, and nobody tells of that. Until the shell is waited for, the group
  // is its own.
  for (int waited_ms = 0; waited_ms < patience_ms && !has_ended(process_); waited_ms += look_ms / 10)
    ::poll(nullptr, 0, look_ms / 10);
  ::poll(nullptr, 0, look_ms);
  ::kill(-process_, SIGKILL);
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
}

}  // namespace lp::cli
