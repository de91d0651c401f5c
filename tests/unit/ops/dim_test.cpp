#include "ops/dim.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

namespace lp {

TEST_CASE("sizes that follow a symbol stay exact and print short") {
  const Symbol frames{"T", 4, 4, 3000, {}};
  const Dim t(frames);
  CHECK(t.text() == "T");
  CHECK((t / 2).text() == "T/2");
  CHECK((t / 4).text() == "T/4");
  CHECK((t / 2 * 2) == t);
  CHECK((t / 2 + 1).text() == "T/2 + 1");
  CHECK((t * 3 - 2).text() == "3*T - 2");
  CHECK((t / 2 + t / 2) == t);
  CHECK((t - t) == Dim(0));
  CHECK((t / 2 + 1).at(100) == 51);
  CHECK((Dim(7) / 2).size() == 3);
  CHECK((Dim(-1) / 2).size() == -1);
}

TEST_CASE("what a symbol does not promise is an error that says what to declare") {
  const Symbol frames{"T", 2, 2, 3000, {}}, tokens{"S", 1, 1, 512, {}};
  CHECK_THROWS_WITH(Dim(frames) / 4, "T is not known to divide by 4; declare `T` as a multiple of 8");
  CHECK_THROWS_WITH(Dim(frames) + Dim(tokens), "cannot add T and S: a size follows one symbol only");
  CHECK_THROWS_WITH((void)Dim(tokens).size(), "the size S is known only when the graph runs");
}

}  // namespace lp
