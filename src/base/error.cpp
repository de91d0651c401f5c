#include "base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace lp {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::bad_model: return "bad_model";
    case Fault::bad_input: return "bad_input";
    case Fault::not_found: return "not_found";
    case Fault::unsupported: return "unsupported";
    case Fault::usage: return "usage";
    case Fault::io: return "io";
    case Fault::out_of_memory: return "out_of_memory";
    case Fault::internal: return "internal";
  }
  return "internal";
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace lp
