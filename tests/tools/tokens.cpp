// lp-tokens: the ids of each line of standard input, for comparison with the original tokenizers.
//   lp-tokens TOKENIZER.json [--max N] [--decode]
// One JSON array a line; with --decode the text that the ids give, as a JSON string, without special tokens.
#include "base/error.hpp"
#include "base/json.hpp"
#include "tasks/tokenizer/tokenizer.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>

int main(int argc, char** argv) {
  CLI::App app("Writes the token ids of each line of standard input");
  std::string file;
  std::size_t max = 0;
  bool decode = false;
  app.add_option("tokenizer", file)->required();
  app.add_option("--max", max, "at most so many ids; 0: no limit");
  app.add_flag("--decode", decode, "write what the ids decode to");
  CLI11_PARSE(app, argc, argv);
  try {
    const lp::Tokenizer tokenizer = lp::Tokenizer::open(file);
    for (std::string line; std::getline(std::cin, line);) {
      const std::vector<std::int32_t> ids = tokenizer.encode(line, max);
      const nlohmann::json out = decode ? nlohmann::json(tokenizer.decode(ids, true)) : nlohmann::json(ids);
      std::printf("%s\n", out.dump().c_str());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-tokens: %s\n", error.what());
    return 1;
  }
}
