// lp-phonemes: the phonemes of each line of standard input, for comparison with piper-tts.
//   lp-phonemes VOICE [--english] [--ids CONFIG.json]
// One JSON array a line: of each sentence its phonemes as a string or, with --ids, its numbers.
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "tasks/speech/clauses.hpp"
#include "tasks/speech/english.hpp"
#include "tasks/speech/espeak.hpp"
#include "tasks/speech/phoneme_ids.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <optional>

int main(int argc, char** argv) {
  CLI::App app("Writes the phonemes of each line of standard input");
  std::string voice, config;
  bool english = false;
  app.add_option("voice", voice, "as espeak-ng calls it: en-us")->required();
  app.add_flag("--english", english, "say numbers, abbreviations and the like as English words first");
  app.add_option("--ids", config, "config of a Piper voice: write its numbers");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto espeak = lp::speech::open_espeak(voice);
    std::optional<lp::speech::PhonemeIds> ids;
    if (!config.empty()) ids.emplace(lp::parse_json(lp::read_text(config), config));
    for (std::string line; std::getline(std::cin, line);) {
      nlohmann::json sentences = nlohmann::json::array();
      std::string sentence;
      const auto end_sentence = [&] {
        std::set<std::string> unknown;
        sentences.push_back(ids ? nlohmann::json(ids->ids(sentence, unknown)) : nlohmann::json(sentence));
        sentence.clear();
      };
      lp::speech::ClauseReader reader(
          line, english ? lp::speech::spoken_english : lp::speech::ClauseReader::Spoken{});
      while (const auto clause = reader.next()) {
        sentence.append(espeak->phonemes(clause->text)).append(clause->after);
        if (clause->ends_sentence) end_sentence();
      }
      if (!sentence.empty()) end_sentence();
      std::printf("%s\n", sentences.dump().c_str());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-phonemes: %s\n", error.what());
    return 1;
  }
}
