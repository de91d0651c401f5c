// lp-samples: what is in a sound file, for tests in Python that cannot read every kind of it.
//   lp-samples SOUND OUTPUT.npy [--rate HZ]
// [samples] of F32, about -1 to 1, one channel.
#include "base/error.hpp"
#include "formats/npy.hpp"
#include "media/sound_reader.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  CLI::App app("Writes the samples of a sound file");
  std::string sound, output;
  int rate = 16000;
  app.add_option("sound", sound)->required();
  app.add_option("output", output)->required();
  app.add_option("--rate", rate, "samples a second");
  CLI11_PARSE(app, argc, argv);
  try {
    lp::SoundReader reader = lp::SoundReader::open_file(sound, rate);
    std::vector<float> samples;
    while (reader.next(samples)) {
    }
    const auto count = static_cast<std::int64_t>(samples.size());
    lp::write_npy(output, lp::DType::f32, std::span(&count, 1), std::as_bytes(std::span(samples)));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-samples: %s\n", error.what());
    return 1;
  }
}
