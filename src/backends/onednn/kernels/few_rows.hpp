#pragma once
#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace lp::onednn {

/// A matrix [rows, width] whose rows have no gaps in them.
struct RowMatrix {
  DType dtype = DType::f32;  // f32, bf16; for a weight also i8
  std::int64_t rows = 0, width = 0;
  std::int64_t stride = 0;  // numbers from one row to the next
  const std::byte* numbers = nullptr;
  const float* scales = nullptr;  // of i8: what each row is multiplied by
};

/// Takes the sums of one row of x with `sums.size()` rows of w that follow each other, from `first` on. It
/// may change them. Called on the threads of the team.
using TakeSums = std::function<void(std::int64_t row, std::int64_t first, std::span<float> sums)>;

/// Memory that few_rows_product needs beside, bytes.
std::size_t few_rows_scratch(std::int64_t rows, std::int64_t width);

/// x w^T for few rows of x (f32, bf16), on the caller's OpenMP team. Every number of w is read once, in the
/// order in which it lies: what a product by one row costs is reading the weight, and oneDNN 3.2's kernels,
/// made for many rows, reach half of the memory's speed at it (51,865 x 512 in bf16, 2 threads of Zen 4,
/// 2026-11-26: 2.43 ms, here 1.42 ms). A weight in i8 is multiplied by x in whole numbers of as many bits as
/// cannot overflow (15 at a width of 1,032, 13 at 4,128), with one scale for each row of x.
/// `scratch`: of few_rows_scratch's size, 64-byte aligned.
void few_rows_product(const RowMatrix& x, const RowMatrix& w, std::byte* scratch, const TakeSums& take);

}  // namespace lp::onednn
