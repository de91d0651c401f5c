#include "base/tensor_view.hpp"

namespace lp {

std::vector<std::int64_t> TensorView::strides_or_dense() const {
  if (!strides.empty()) return strides;
  std::vector<std::int64_t> dense(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) dense[i - 1] = dense[i] * shape[i];
  return dense;
}

}  // namespace lp
