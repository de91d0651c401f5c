// lp-words: texts as they are compared, and how they differ, for comparison with the originals.
//   lp-words LANGUAGE     each line of standard input is a text as a JSON string: the same, normalized
//   lp-words --errors     each line is [reference, found]: errors in words, in characters, in characters but
//   spaces, each
//                         as [substitutions, deletions, insertions, reference]
// LANGUAGE: a code such as en, de, zh.
#include "base/json.hpp"
#include "tasks/transcripts/normalizer.hpp"
#include "tasks/transcripts/word_errors.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>

namespace {

using namespace lp::transcripts;

nlohmann::json counts(const Errors& errors) {
  return {errors.substitutions, errors.deletions, errors.insertions, errors.reference};
}

nlohmann::json errors_of(const nlohmann::json& pair) {
  const std::string reference = pair.at(0), found = pair.at(1);
  return {counts(word_errors(reference, found)), counts(character_errors(reference, found, Spaces::counted)),
          counts(character_errors(reference, found, Spaces::left_out))};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes texts as they are compared, or how they differ");
  std::string language;
  bool errors = false;
  app.add_option("language", language);
  app.add_flag("--errors", errors);
  CLI11_PARSE(app, argc, argv);
  try {
    const Normalizer normalizer;
    for (std::string line; std::getline(std::cin, line);) {
      const nlohmann::json given = nlohmann::json::parse(line);
      const nlohmann::json out =
          errors ? errors_of(given)
                 : nlohmann::json(normalizer.normalized(given.get_ref<const std::string&>(), language));
      std::printf("%s\n", out.dump().c_str());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-words: %s\n", error.what());
    return 1;
  }
}
