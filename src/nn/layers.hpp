#pragma once
#include "nn/scope.hpp"

#include <vector>

namespace lp::nn {

/// Numbers that the model's sizes alone decide, row-major.
Tensor constant(Graph& graph, const std::string& name, const Shape& shape, std::vector<float> values,
                Here at = Here::current());

/// Ops on values; see src/ops for what each computes. Results are named after their first operand.
Tensor operator+(Tensor x, Tensor y);
Tensor multiply(Tensor x, Tensor y);
/// x times a number.
Tensor scaled(Tensor x, float factor);
Tensor leaky_relu(Tensor x, float slope);
Tensor tanh(Tensor x);
Tensor exp(Tensor x);
/// `of`: tanh or identity (op::Gate).
Tensor gate(Tensor x, const std::string& of = "tanh");
Tensor silu(Tensor x);
Tensor relu(Tensor x);
/// `approximate`: none, tanh or sigmoid (op::Gelu).
Tensor gelu(Tensor x, const std::string& approximate = "none");
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

Tensor slice(Tensor x, const std::string& axis, std::int64_t from, std::int64_t size,
             Here at = Here::current());
Tensor unflatten(Tensor x, const std::string& axis, const std::string& first, std::int64_t size,
                 const std::string& second, Here at = Here::current());
Tensor transpose(Tensor x, const std::string& order, Here at = Here::current());
Tensor repeat(Tensor x, const std::string& axis, std::int64_t times, Here at = Here::current());
Tensor resize_cubic(Tensor x, std::int64_t height, std::int64_t width, bool antialias,
                    Here at = Here::current());
Tensor gather(Tensor table, Tensor ids, Here at = Here::current());
Tensor take_row(Tensor x, Tensor row, Here at = Here::current());
Tensor mean_rows(Tensor x, std::optional<Tensor> length, Here at = Here::current());
Tensor mask_rows(Tensor x, Tensor length, std::int64_t times = 1, Here at = Here::current());
Tensor flip(Tensor x, const std::string& axis, Here at = Here::current());
Tensor l2_normalize(Tensor x, Here at = Here::current());

struct Attention {
  std::int64_t heads = 1;
  bool causal = false;
};
/// Attention over tokens [b, s, d]; `length`: how many keys each sequence has.
Tensor attention(Tensor q, Tensor k, Tensor v, Attention how, std::optional<Tensor> length = {},
                 Here at = Here::current());

/// A linear layer with `out` elements. Binds `weight` and, if the checkpoint has it, `bias`; the result takes
/// the scope's name.
Tensor linear(Tensor x, Scope w, std::int64_t out, Here at = Here::current());
/// Binds `weight` and `bias`; the result takes the scope's name.
Tensor layer_norm(Tensor x, Scope w, float epsilon, Here at = Here::current());

struct Conv {
  std::int64_t kernel = 1, stride = 1, groups = 1;
  std::int64_t padding = -1;  // -1: kernel / 2
};
/// A convolution with `out` channels. Binds `weight` and, if the checkpoint
/// has it, `bias` from the scope; the result takes the scope's name.
Tensor conv2d(Tensor x, Scope w, std::int64_t out, Conv how = {}, Here at = Here::current());

struct Conv1d {
  std::int64_t kernel = 1, stride = 1, dilation = 1, groups = 1;
  std::int64_t padding = -1;  // -1: dilation * (kernel - 1) / 2
};
/// A convolution along the rows of sequences [b, s, c], with `out` channels. Binds `weight` and, if the
/// checkpoint has it, `bias`; the result takes the scope's name.
Tensor conv1d(Tensor x, Scope w, std::int64_t out, Conv1d how = {}, Here at = Here::current());

/// A transposed convolution along the rows of sequences, with `out` channels, whose result has `stride` rows
/// for each (its padding is half of what the kernel is longer). Binds `weight` and, if the checkpoint has it,
/// `bias`; the result takes the scope's name.
Tensor conv_transpose1d(Tensor x, Scope w, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                        Here at = Here::current());

/// A transposed convolution with `out` channels that makes every pixel `factor` x `factor` ones. Binds
/// `weight` and, if the checkpoint has it, `bias`; the result takes the scope's name.
Tensor conv_transpose2d(Tensor x, Scope w, std::int64_t out, std::int64_t factor, Here at = Here::current());

}  // namespace lp::nn
