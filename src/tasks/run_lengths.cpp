#include "tasks/run_lengths.hpp"

namespace lp {

void RunLengths::add(bool inside, std::uint32_t pixels) {
  if (pixels == 0) return;
  if (counts.empty() && inside) counts.push_back(0);
  const bool last_is_inside = counts.size() % 2 == 0;
  if (!counts.empty() && last_is_inside == inside)
    counts.back() += pixels;
  else
    counts.push_back(pixels);
}

std::uint64_t RunLengths::area() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < counts.size(); i += 2) sum += counts[i];
  return sum;
}

}  // namespace lp
