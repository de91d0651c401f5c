#include "base/dynamic_library.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

#ifdef __APPLE__
constexpr const char* mathematics = "libm.dylib";
#else
constexpr const char* mathematics = "libm.so.6";
#endif

TEST_CASE("a library's functions can be called, the first name that is found counts") {
  const DynamicLibrary library({"libno-such-library.so.0", mathematics}, "roots");
  double (*root)(double) = nullptr;
  library.find(root, "sqrt");
  CHECK(root(9) == 3);
}

TEST_CASE("a library or function that is absent is named, with what it is needed for") {
  const auto open = [] { return DynamicLibrary({"libno-such-library.so.0"}, "roots"); };
  CHECK_THROWS_WITH_AS(open(), doctest::Contains("libno-such-library.so.0 is needed for roots: "), Error);
  const DynamicLibrary library({mathematics}, "roots");
  double (*root)(double) = nullptr;
  CHECK_THROWS_WITH_AS(library.find(root, "no_such_function"), doctest::Contains("has no no_such_function"),
                       Error);
  CHECK((root == nullptr));
}

}  // namespace
}  // namespace lp
