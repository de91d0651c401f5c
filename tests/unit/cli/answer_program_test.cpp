#include "cli/answer_program.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace lp::cli {
namespace {

/// As the program does, for a program that does not read its input.
struct IgnoredPipes {
  IgnoredPipes() { before = std::signal(SIGPIPE, SIG_IGN); }
  ~IgnoredPipes() { std::signal(SIGPIPE, before); }
  void (*before)(int);
};

std::string answer_of(const std::string& command, const std::string& text) {
  const IgnoredPipes ignored;
  AnswerProgram program(command, text);
  std::string answer;
  while (program.next(answer, [] { return false; })) {
  }
  return answer;
}

}  // namespace

TEST_CASE("a program reads the text and its answer comes back, however long they are") {
  CHECK(answer_of("cat", "Who is there?") == "Who is there?");
  CHECK(answer_of("tr a-z A-Z; echo; echo done", "quick") == "QUICK\ndone\n");
  const std::string text(1'000'000, 'x');
  CHECK(answer_of("cat", text) == text);
  CHECK(answer_of("echo no", text) == "no\n");
  CHECK(answer_of("true", "").empty());
}

TEST_CASE("a program that fails says so in a sentence") {
  CHECK_THROWS_WITH_AS(answer_of("exit 3", "x"), "--answer exit 3: it ended with status 3", Error);
  CHECK_THROWS_WITH_AS(answer_of("kill -9 $$", "x"), "--answer kill -9 $$: ended by signal 9", Error);
  CHECK_THROWS_AS(answer_of("/nowhere/program 2>/dev/null", "x"), Error);
  CHECK_THROWS_WITH_AS(answer_of("yes", "x"), "--answer yes: an answer of more than 4 MB", Error);
}

TEST_CASE("a program that is not wanted any more is ended, with what it started") {
  const auto start = std::chrono::steady_clock::now();
  {
    AnswerProgram program("echo begun; trap '' TERM; sleep 100 & sleep 100", "x");
    std::string answer;
    CHECK(program.next(answer, [] { return false; }));
    CHECK(answer == "begun\n");
    int asked = 0;
    CHECK_FALSE(program.next(answer, [&] { return ++asked > 2; }));
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("a child that outlives its shell, and wants no end, is ended as well") {
  std::string answer;
  {
    AnswerProgram program("sh -c 'trap \"\" TERM; echo $$; sleep 100; sleep 100' | cat", "x");
    CHECK(program.next(answer, [] { return false; }));
  }
  const pid_t child = std::stoi(answer);
  int tries = 0;  // it may be a zombie until somebody waits for it
  const auto lives = [child] {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string number, name, state;
    return ::kill(child, 0) == 0 && (!(status >> number >> name >> state) || state != "Z");
  };
  while (lives() && ++tries < 100) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(tries < 100);
}

}  // namespace lp::cli
