#pragma once
#include <exception>
#include <string>

namespace lp::cli {

/// Thrown where work stops because the user asked for it (Ctrl-C) or the system did (SIGTERM).
struct Stopped : std::exception {
  const char* what() const noexcept override { return "stopped"; }
};

/// From now on SIGINT and SIGTERM only ask to stop; a second one ends the program at once. SIGPIPE becomes an
/// error of the write.
void catch_signals();

/// The signal that asked to stop, 0 if none did.
int stop_signal();

/// @throws Stopped if a signal asked for it.
void check_stop();

/// The next line of standard input; false at its end. Bytes are read as they come, so that a signal
/// interrupts the wait.
/// @throws Stopped.
bool read_input_line(std::string& line);

/// All of standard input. @throws Stopped; Error{io}; Error{bad_input} if it is longer than `most` bytes.
std::string read_input(std::size_t most);

}  // namespace lp::cli
