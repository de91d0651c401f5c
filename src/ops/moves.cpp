#include "ops/moves.hpp"

#include "ops/pool.hpp"
#include "ops/resize.hpp"
#include "ops/shaping.hpp"

namespace lp {
namespace {

template <class... Ops>
bool is_one_of(const Op& op) {
  return ((op.as<Ops>() != nullptr) || ...);
}

}  // namespace

bool only_moves(const Op& op) {
  return is_one_of<op::Concat, op::Flatten, op::MaxPool2d, op::Repeat, op::ResizeNearest, op::Slice,
                   op::Transpose, op::Unflatten>(op);
}

}  // namespace lp
