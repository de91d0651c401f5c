#pragma once
#include <sys/types.h>

#include <functional>
#include <string>

namespace lp::cli {

/// A program that answers a text: `sh -c COMMAND` reads it on its standard input and writes the answer to its
/// standard output. One thread at a time.
class AnswerProgram {
 public:
  /// Starts it. @throws Error{io}.
  AnswerProgram(std::string command, std::string text);
  /// Ends it, with all that it started, if it has not ended.
  ~AnswerProgram();
  AnswerProgram(const AnswerProgram&) = delete;
  AnswerProgram& operator=(const AnswerProgram&) = delete;

  /// Waits for the next part of the answer and appends it; false at its end, or once `stop`, which is asked
  /// some twenty times a second, says so.
  /// @throws Error{io} if it ends with a status other than 0, Error{bad_input} for an answer of more than
  /// 4 MB.
  bool next(std::string& answer, const std::function<bool()>& stop);

 private:
  void feed();
  bool take(std::string& answer);
  void end();

  std::string command_, text_;  // what it has not read
  pid_t process_ = -1;
  int input_ = -1, output_ = -1;
  std::size_t answered_ = 0;  // bytes
};

}  // namespace lp::cli
