// lp-fuzz for libFuzzer: the reader is chosen by the environment, since libFuzzer takes the command line.
//   LP_READER=onnx lp-fuzz CORPUS -max_total_time=600
#include "fuzz/readers.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

const lp::Reader& chosen() {
  const char* const name = std::getenv("LP_READER");
  const auto found = lp::readers().find(name != nullptr ? name : "");
  if (found != lp::readers().end()) return found->second;
  std::fputs("LP_READER names no reader; there are:", stderr);
  for (const auto& [known, reader] : lp::readers()) std::fprintf(stderr, " %s", known.c_str());
  std::fputs("\n", stderr);
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lp::Reader& reader = chosen();
  reader(std::as_bytes(std::span(data, size)));
  return 0;
}
