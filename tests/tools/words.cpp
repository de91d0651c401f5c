// lp-words: texts as they are compared, for comparison with the original.
//   lp-words LANGUAGE     each line of standard input is a text as a JSON string: the same, normalized
// LANGUAGE: a code such as en, de, zh.
#include "base/json.hpp"
#include "tasks/transcripts/normalizer.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>

int main(int argc, char** argv) {
  CLI::App app("Writes texts as they are compared");
  std::string language;
  app.add_option("language", language)->required();
  CLI11_PARSE(app, argc, argv);
  try {
    const lp::transcripts::Normalizer normalizer;
    for (std::string line; std::getline(std::cin, line);) {
      const nlohmann::json text = nlohmann::json::parse(line);
      const std::string normalized = normalizer.normalized(text.get_ref<const std::string&>(), language);
      std::printf("%s\n", nlohmann::json(normalized).dump().c_str());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-words: %s\n", error.what());
    return 1;
  }
}
