#include "ops/conv.hpp"

#include "backends/reference/array.hpp"

namespace lp::reference {
namespace {

/// Sum over one kernel at one output pixel, in double: the specification's rounding is far below any
/// backend's.
struct Window {
  const Array &x, &weight;
  const op::Conv2d& how;

  double at(std::int64_t n, std::int64_t co, std::int64_t oh, std::int64_t ow) const {
    const std::int64_t channels = weight.size(1), kh = weight.size(2), kw = weight.size(3);
    const std::int64_t group = co / (weight.size(0) / how.groups);
    double sum = 0;
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < kh; ++i) {
        const std::int64_t h = oh * how.stride - how.padding + i * how.dilation;
        if (h < 0 || h >= x.size(2)) continue;
        const std::int64_t row = ((n * x.size(1) + group * channels + c) * x.size(2) + h) * x.size(3);
        const std::int64_t kernel_row = ((co * channels + c) * kh + i) * kw;
        for (std::int64_t j = 0; j < kw; ++j) {
          const std::int64_t w = ow * how.stride - how.padding + j * how.dilation;
          if (w >= 0 && w < x.size(3))
            sum += static_cast<double>(x[row + w]) * static_cast<double>(weight[kernel_row + j]);
        }
      }
    return sum;
  }
};

void conv2d(const Call& call) {
  const Array* const bias = call.in[2];
  const Window window{*call.in[0], *call.in[1], call.as<op::Conv2d>()};
  Array& y = call.out;
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < y.size(0); ++n)
    for (std::int64_t co = 0; co < y.size(1); ++co)
      for (std::int64_t oh = 0; oh < y.size(2); ++oh)
        for (std::int64_t ow = 0; ow < y.size(3); ++ow)
          y[at++] = static_cast<float>(window.at(n, co, oh, ow) +
                                       (bias != nullptr ? static_cast<double>((*bias)[co]) : 0.0));
}

void conv1d(const Call& call) {
  const auto& how = call.as<op::Conv1d>();
  const Array &x = *call.in[0], &weight = *call.in[1];
  const Array* const bias = call.in[2];
  const std::int64_t rows = x.size(1), channels = weight.size(1), taps = weight.size(2);
  const std::int64_t outputs = weight.size(0) / how.groups;  // of a group
  std::int64_t at = 0;
  for (std::int64_t b = 0; b < x.size(0); ++b)
    for (std::int64_t t = 0; t < call.out.size(1); ++t)
      for (std::int64_t co = 0; co < call.out.size(2); ++co) {
        const std::int64_t first = co / outputs * channels;
        double sum = bias != nullptr ? static_cast<double>((*bias)[co]) : 0.0;
        for (std::int64_t j = 0; j < taps; ++j) {
          const std::int64_t row = t * how.stride - how.padding + j * how.dilation;
          if (row < 0 || row >= rows) continue;
          for (std::int64_t c = 0; c < channels; ++c)
            sum += static_cast<double>(x[(b * rows + row) * x.size(2) + first + c]) *
                   static_cast<double>(weight[(co * channels + c) * taps + j]);
        }
        call.out[at++] = static_cast<float>(sum);
      }
}

void conv_transpose1d(const Call& call) {
  const auto& how = call.as<op::ConvTranspose1d>();
  const Array &x = *call.in[0], &weight = *call.in[1];
  const Array* const bias = call.in[2];
  const std::int64_t rows = x.size(1), inputs = x.size(2), outputs = weight.size(1), taps = weight.size(2);
  std::int64_t at = 0;
  for (std::int64_t b = 0; b < x.size(0); ++b)
    for (std::int64_t t = 0; t < call.out.size(1); ++t)
      for (std::int64_t co = 0; co < outputs; ++co) {
        double sum = bias != nullptr ? static_cast<double>((*bias)[co]) : 0.0;
        for (std::int64_t j = 0; j < taps; ++j) {
          const std::int64_t from = t + how.padding - j;
          if (from < 0 || from % how.stride != 0 || from / how.stride >= rows) continue;
          for (std::int64_t c = 0; c < inputs; ++c)
            sum += static_cast<double>(x[(b * rows + from / how.stride) * inputs + c]) *
                   static_cast<double>(weight[(c * outputs + co) * taps + j]);
        }
        call.out[at++] = static_cast<float>(sum);
      }
}

void conv_transpose2d(const Call& call) {
  const Array &x = *call.in[0], &weight = *call.in[1];
  const Array* const bias = call.in[2];
  Array& y = call.out;
  const std::int64_t inputs = x.size(1), outputs = y.size(1), k = weight.size(2);
  const std::int64_t pixels = x.size(2) * x.size(3);
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < y.size(0); ++n)
    for (std::int64_t co = 0; co < outputs; ++co)
      for (std::int64_t oh = 0; oh < y.size(2); ++oh)
        for (std::int64_t ow = 0; ow < y.size(3); ++ow) {
          const std::int64_t pixel = oh / k * x.size(3) + ow / k, tap = oh % k * k + ow % k;
          double sum = bias != nullptr ? static_cast<double>((*bias)[co]) : 0.0;
          for (std::int64_t ci = 0; ci < inputs; ++ci)
            sum += static_cast<double>(x[(n * inputs + ci) * pixels + pixel]) *
                   static_cast<double>(weight[(ci * outputs + co) * k * k + tap]);
          y[at++] = static_cast<float>(sum);
        }
}

}  // namespace

void add_conv_rules(Rules& rules) {
  rules.on<op::Conv1d>(conv1d);
  rules.on<op::Conv2d>(conv2d);
  rules.on<op::ConvTranspose1d>(conv_transpose1d);
  rules.on<op::ConvTranspose2d>(conv_transpose2d);
}

}  // namespace lp::reference
