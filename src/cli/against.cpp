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

/// What `python3` is called with: the script's own defaults stay where nothing was given.
std::vector<std::string> script_words(const Invocation& invocation) {
  std::vector<std::string> words = {"python3", against_script().string()};
  const Settings& settings = invocation.settings;
  for (const std::string_view option : {"against", "config", "device", "home", "onnx", "part", "precision",
                                        "rounds", "runs", "runtime", "size", "threads", "tokens"})
    if (settings.given(option))
      words.push_back(fmt::format("--{}={}", option, fmt::join(settings.list(option), ",")));
  for (const std::string_view flag : {"json", "offline", "quiet", "verbose"})
    if (settings.flag(flag)) words.push_back(fmt::format("--{}", flag));
  words.insert(words.end(), {"--", invocation.arguments.front()});
  return words;
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
  std::vector<std::string> words = script_words(invocation);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("LLAMA_PAJAMAS_PROGRAM", program_path().c_str(),
           1);                          // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  ::unsetenv("LLAMA_PAJAMAS_AGAINST");  // NOLINT(concurrency-mt-unsafe): nor here
  std::signal(SIGPIPE, SIG_DFL);        // an ignored signal would stay ignored in the script
  ::execvp(arguments.front(), arguments.data());
  fail(Fault::io, "--against: python3: {}", std::generic_category().message(errno));
}

}  // namespace lp::cli
