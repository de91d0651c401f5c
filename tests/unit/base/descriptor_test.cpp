#include "base/descriptor.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace lp {
namespace {

bool is_open(int descriptor) {
  return ::fcntl(descriptor, F_GETFD) >= 0;
}

Descriptor any() {
  return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

TEST_CASE("a descriptor is closed once, by whoever has it last") {
  int number = -1;
  {
    Descriptor first = any();
    number = first.value();
    CHECK(is_open(number));
    Descriptor second = std::move(first);
    CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(second.value() == number);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
  Descriptor taken = any();
  number = taken.value();
  taken = Descriptor();
  CHECK_FALSE(is_open(number));
  CHECK_FALSE(Descriptor(-1));
}

}  // namespace lp
