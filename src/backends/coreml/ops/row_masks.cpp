#include "backends/coreml/ops/row_masks.hpp"

#include <fmt/format.h>

#include <numeric>

namespace lp::coreml {

Var row_numbers(Emission& emission, std::int64_t count, std::size_t axis) {
  return emission.once(fmt::format("row numbers {} {}", count, axis), [&] {
    Sizes sizes(4, 1);
    sizes[axis] = count;
    std::vector<std::int32_t> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return emission.function().constant("rows", {Element::i32, sizes}, std::as_bytes(std::span(numbers)));
  });
}

Var row_mask(Emission& emission, const std::string& name, const Var& lengths, std::int64_t times,
             std::int64_t rows, Element element) {
  mil::Function& function = emission.function();
  Var ends = mil::reshape(function, name, lengths, {lengths.size(0), 1, 1, 1});
  if (times != 1) ends = mil::elementwise(function, "mul", name, ends, function.integer(times));
  const Var counts = mil::compare(function, "less", name, row_numbers(emission, rows, 3), ends);
  return mil::cast(function, name, counts, element);
}

}  // namespace lp::coreml
