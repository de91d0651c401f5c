// lp-tensors: writes the tensors of a checkpoint as they were read, for comparison with the original
// framework.
//   lp-tensors FILE --output OUT.safetensors
// The checkpoint's metadata go to standard output as JSON.
#include "formats/checkpoint.hpp"
#include "formats/safetensors.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  CLI::App app("Writes the tensors of a checkpoint");
  std::string file, output;
  app.add_option("file", file)->required();
  app.add_option("--output", output)->required();
  CLI11_PARSE(app, argc, argv);
  try {
    const lp::Checkpoint checkpoint = lp::open_checkpoint(file);
    lp::write_safetensors(output, checkpoint.tensors);
    std::printf("%s\n", checkpoint.metadata.dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-tensors: %s\n", error.what());
    return 1;
  }
}
