#pragma once
#include "base/dtype.hpp"

#include <cstdint>
#include <vector>

namespace lp {

/// Somebody else's memory seen as a tensor. Strides are in elements, as in DLPack; empty means row-major
/// without gaps. The memory must outlive the call that it is passed to.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
  void* data = nullptr;

  std::int64_t elements() const {
    std::int64_t product = 1;
    for (const std::int64_t size : shape) product *= size;
    return product;
  }
  std::vector<std::int64_t> strides_or_dense() const;
};

}  // namespace lp
