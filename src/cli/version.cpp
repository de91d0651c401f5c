#include "cli/version.hpp"

#include "backends/backend.hpp"

#include <fmt/format.h>

namespace lp::cli {

std::string version_number(std::string_view version) {
  for (std::size_t i = 0; i < version.size(); ++i) {
    const bool starts_word = i == 0 || version[i - 1] == ' ';
    if (!starts_word || version[i] < '0' || version[i] > '9') continue;
    return std::string(version.substr(i, version.find_first_not_of("0123456789.", i) - i));
  }
  return "";
}

std::string version_text() {
  std::string runtimes;
  for (const Backend* backend : backends()) {
    const std::string number = version_number(backend->version());
    runtimes += fmt::format("{}{}{}{}", runtimes.empty() ? "" : ", ", backend->name(),
                            number.empty() ? "" : " ", number);
  }
  return fmt::format("llama-pajamas {} (commit {}; runtimes: {})", program_version(), program_commit(),
                     runtimes);
}

nlohmann::json version_json() {
  nlohmann::json runtimes = nlohmann::json::array();
  for (const Backend* backend : backends())
    runtimes.push_back({{"name", backend->name()}, {"version", version_number(backend->version())}});
  return {{"name", "llama-pajamas"},
          {"version", program_version()},
          {"commit", program_commit()},
          {"runtimes", runtimes}};
}

}  // namespace lp::cli
