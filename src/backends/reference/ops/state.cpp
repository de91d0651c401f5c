#include "ops/state.hpp"

#include "backends/reference/array.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace lp::reference {
namespace {

void append(const Call& call) {
  const Array &state = *call.in[0], &x = *call.in[1];
  const std::int64_t capacity = state.size(1), rows = x.size(1), width = x.size(2);
  call.out.data = state.data;
  for (std::int64_t b = 0; b < state.size(0); ++b) {
    const std::int64_t at = call.in[2]->indices[static_cast<std::size_t>(b)];
    if (at < 0 || at + rows > capacity)
      fail(Fault::bad_input, "append: rows {} to {} are not within the state's {}", at, at + rows - 1,
           capacity);
    std::copy_n(x.data.begin() + b * rows * width, rows * width,
                call.out.data.begin() + (b * capacity + at) * width);
  }
}

void reorder(const Call& call) {
  const Array& state = *call.in[0];
  const std::int64_t sequence = state.size(1) * state.size(2);
  for (std::int64_t b = 0; b < state.size(0); ++b) {
    const std::int64_t from = call.in[1]->indices[static_cast<std::size_t>(b)];
    if (from < 0 || from >= state.size(0))
      fail(Fault::bad_input, "reorder: there is no sequence {}, of {}", from, state.size(0));
    std::copy_n(state.data.begin() + from * sequence, sequence, call.out.data.begin() + b * sequence);
  }
}

}  // namespace

void add_state_rules(Rules& rules) {
  rules.on<op::Append>(append);
  rules.on<op::Reorder>(reorder);
}

}  // namespace lp::reference
