#include "ops/rows.hpp"

#include "backends/reference/array.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace lp::reference {
namespace {

/// One of the whole numbers of an input, within 0 to `end` - 1 or, for a length, to `end`.
std::int64_t index(std::string_view op, const Array& from, std::size_t at, std::int64_t end) {
  const std::int64_t value = from.indices[at];
  if (value < 0 || value >= end) fail(Fault::bad_input, "{}: {} is not within 0 to {}", op, value, end - 1);
  return value;
}

void gather(const Call& call) {
  const Array &table = *call.in[0], &ids = *call.in[1];
  const std::int64_t width = table.size(1);
  for (std::size_t i = 0; i < ids.indices.size(); ++i)
    std::copy_n(table.data.begin() + index("gather", ids, i, table.size(0)) * width, width,
                call.out.data.begin() + static_cast<std::int64_t>(i) * width);
}

void take_row(const Call& call) {
  const Array& x = *call.in[0];
  const std::int64_t rows = x.size(1), width = x.size(2);
  for (std::int64_t b = 0; b < x.size(0); ++b) {
    const std::int64_t row = index("take_row", *call.in[1], static_cast<std::size_t>(b), rows);
    std::copy_n(x.data.begin() + (b * rows + row) * width, width, call.out.data.begin() + b * width);
  }
}

void mean_rows(const Call& call) {
  const Array& x = *call.in[0];
  const std::int64_t rows = x.size(1), width = x.size(2);
  for (std::int64_t b = 0; b < x.size(0); ++b) {
    const std::int64_t length =
        call.in[1] == nullptr ? rows : index("mean_rows", *call.in[1], static_cast<std::size_t>(b), rows + 1);
    for (std::int64_t i = 0; i < width; ++i) {
      double sum = 0;
      for (std::int64_t row = 0; row < length; ++row)
        sum += static_cast<double>(x[(b * rows + row) * width + i]);
      call.out[b * width + i] = length > 0 ? static_cast<float>(sum / static_cast<double>(length)) : 0.0F;
    }
  }
}

void mask_rows(const Call& call) {
  const Array& x = *call.in[0];
  const std::int64_t rows = x.size(1), width = x.size(2), times = call.as<op::MaskRows>().times;
  for (std::int64_t b = 0; b < x.size(0); ++b) {
    const std::int64_t length =
        index("mask_rows", *call.in[1], static_cast<std::size_t>(b), rows / times + 1);
    std::copy_n(x.data.begin() + b * rows * width, length * times * width,
                call.out.data.begin() + b * rows * width);
  }
}

}  // namespace

void add_row_rules(Rules& rules) {
  rules.on<op::Gather>(gather);
  rules.on<op::TakeRow>(take_row);
  rules.on<op::MeanRows>(mean_rows);
  rules.on<op::MaskRows>(mask_rows);
}

}  // namespace lp::reference
