// lp-fuzz without libFuzzer: reads each file of the folders as it is and with parts changed, cut off and
// repeated, by a fixed sequence.
//   lp-fuzz SEEDS [ROUNDS]     SEEDS: a folder of folders by reader
#include "base/files.hpp"
#include "fuzz/readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <vector>

namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
  return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound);
}

/// A few changes as files suffer them, or as somebody makes them who knows the format: bits, bytes of extreme
/// numbers, a cut, a part twice.
std::string changed(std::string bytes, Random& random) {
  const std::size_t count = 1 + below(random, 4);
  for (std::size_t i = 0; i < count && !bytes.empty(); ++i) {
    const std::size_t at = below(random, bytes.size());
    switch (below(random, 5)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8))); break;
      case 1: bytes[at] = static_cast<char>(random()); break;
      case 2: {
        const std::size_t width = std::min(bytes.size() - at, std::size_t{1} << below(random, 4));
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), width,
                    below(random, 2) == 0 ? '\xFF' : '\0');
        break;
      }
      case 3: bytes.resize(at); break;
      default: bytes.insert(at, bytes.substr(below(random, bytes.size()), 1 + below(random, 64)));
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  if (argc < 2) return 2;
  const int rounds = argc > 2 ? std::stoi(argv[2]) : 3000;
  std::size_t files = 0, runs = 0;
  for (const auto& [name, reader] : lp::readers()) {
    std::vector<fs::path> seeds;
    for (const auto& entry : fs::directory_iterator(fs::path(argv[1]) / name)) seeds.push_back(entry.path());
    std::ranges::sort(seeds);
    if (seeds.empty()) return fmt::print(stderr, "no seeds for {}\n", name), 1;
    Random random(20261126);
    for (const fs::path& seed : seeds) {
      const std::string bytes = lp::read_text(seed);
      reader(std::as_bytes(std::span(bytes)));
      const int times = bytes.size() > 200'000 ? rounds / 20 : rounds;
      for (int round = 0; round < times; ++round, ++runs) {
        const std::string other = changed(bytes, random);
        reader(std::as_bytes(std::span(other)));
      }
      ++files;
    }
  }
  fmt::print("{} readers, {} seeds, {} changed files\n", lp::readers().size(), files, runs);
  return 0;
}
