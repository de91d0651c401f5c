#include "cli/against.hpp"

#include "base/error.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

namespace lp::cli {
namespace fs = std::filesystem;
namespace {

/// Installed: share/llama-pajamas/bench beside bin. In a checkout: build/PRESET/bin lies three folders deep.
fs::path against_script() {
  const fs::path bin = program_path().parent_path();
  std::error_code error;
  for (const fs::path& folder : {bin / "../share/llama-pajamas/bench", bin / "../../../bench"})
    if (fs::is_regular_file(folder / "against.py", error)) return (folder / "against.py").lexically_normal();
  fail(Fault::not_found,
       "--against: bench/against.py, which runs the other programs, is neither installed nor in a checkout "
       "around {}",
       bin.string());
}

}  // namespace

fs::path program_path() {
  std::error_code error;
#ifdef __APPLE__
  std::array<char, 4096> text{};
  auto size = static_cast<std::uint32_t>(text.size());
  return _NSGetExecutablePath(text.data(), &size) == 0 ? fs::canonical(text.data(), error) : fs::path();
#else
  return fs::canonical("/proc/self/exe", error);
#endif
}

int run_against(const Invocation& invocation) {
  const std::string script = against_script().string(), program = program_path().string();
  std::vector<std::string> words = {"python3", script};
  words.insert(words.end(), invocation.typed.begin(), invocation.typed.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("LLAMA_PAJAMAS_PROGRAM", program.c_str(),
           1);                    // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  std::signal(SIGPIPE, SIG_DFL);  // an ignored signal would stay ignored in the script
  ::execvp(arguments.front(), arguments.data());
  fail(Fault::io, "--against: python3: {}", std::generic_category().message(errno));
}

}  // namespace lp::cli
