#pragma once
#include "nn/scope.hpp"

#include <vector>

namespace lp::nn {

/// Ops on values; see src/ops for what each computes. Results are named after their first operand.
Tensor operator+(Tensor x, Tensor y);
Tensor silu(Tensor x);
Tensor sigmoid(Tensor x);
Tensor concat(const std::vector<Tensor>& parts, const std::string& axis, Here at = Here::current());
/// Equal parts along `axis`. @throws Error{bad_model} if its size does not divide by `parts`.
std::vector<Tensor> split(Tensor x, int parts, const std::string& axis, Here at = Here::current());
Tensor flatten(Tensor x, const std::string& first, const std::string& last, const std::string& into,
               Here at = Here::current());
Tensor max_pool2d(Tensor x, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                  Here at = Here::current());
Tensor resize_nearest(Tensor x, std::int64_t factor, Here at = Here::current());
Tensor dfl_boxes(Tensor x, std::int64_t bins, std::int64_t stride, Here at = Here::current());

struct Conv {
  std::int64_t kernel = 1, stride = 1, groups = 1;
};
/// A convolution with `out` channels and "same" padding (kernel / 2). Binds `weight` and, if the checkpoint
/// has it, `bias` from the scope; the result takes the scope's name.
Tensor conv2d(Tensor x, Scope w, std::int64_t out, Conv how = {}, Here at = Here::current());

}  // namespace lp::nn
