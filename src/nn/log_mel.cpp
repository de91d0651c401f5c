#include "nn/log_mel.hpp"

#include "nn/layers.hpp"
#include "ops/conv.hpp"
#include "ops/linear.hpp"
#include "ops/norm.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lp::nn {
namespace {

// Slaney's scale: 3 mels for 200 Hz up to 1 kHz, which is 15; from there 27 to every factor of 6.4.
constexpr double linear_end = 1000, mels_at_end = 15, log_steps = 27, log_factor = 6.4;

double mel_of(double hertz) {
  if (hertz < linear_end) return hertz * mels_at_end / linear_end;
  return mels_at_end + log_steps * std::log(hertz / linear_end) / std::log(log_factor);
}

double hertz_of(double mel) {
  if (mel < mels_at_end) return mel * linear_end / mels_at_end;
  return linear_end * std::pow(log_factor, (mel - mels_at_end) / log_steps);
}

/// Rows of the windowed transform [2 * bins, 1, window]: cosines, then sines.
std::vector<float> windowed_waves(const LogMel& how) {
  const std::int64_t bins = how.window / 2 + 1;
  const auto length = static_cast<double>(how.window);
  std::vector<float> rows(static_cast<std::size_t>(2 * bins * how.window));
  for (std::int64_t k = 0; k < bins; ++k)
    for (std::int64_t n = 0; n < how.window; ++n) {
      const double turn = 2 * std::numbers::pi / length;
      const double hann = 0.5 - 0.5 * std::cos(turn * static_cast<double>(n));
      const double angle = turn * static_cast<double>(k * n % how.window);
      rows[static_cast<std::size_t>(k * how.window + n)] = static_cast<float>(hann * std::cos(angle));
      rows[static_cast<std::size_t>((bins + k) * how.window + n)] =
          static_cast<float>(hann * std::sin(angle));
    }
  return rows;
}

Tensor number(Graph& graph, const std::string& name, float value) {
  return constant(graph, name, {{"d", 1}}, {value});
}

}  // namespace

std::vector<float> mel_filters(const LogMel& how) {
  const std::int64_t bins = how.window / 2 + 1;
  std::vector<double> edges;
  edges.reserve(static_cast<std::size_t>(how.mels + 2));
  for (std::int64_t i = 0; i < how.mels + 2; ++i)
    edges.push_back(
        hertz_of(mel_of(how.rate / 2) * static_cast<double>(i) / static_cast<double>(how.mels + 1)));
  std::vector<float> filters(static_cast<std::size_t>(how.mels * bins));
  for (std::int64_t m = 0; m < how.mels; ++m) {
    const auto at = static_cast<std::size_t>(m);
    const double low = edges[at], top = edges[at + 1], high = edges[at + 2];
    for (std::int64_t k = 0; k < bins; ++k) {
      const double hertz = how.rate * static_cast<double>(k) / static_cast<double>(how.window);
      const double weight = std::min((hertz - low) / (top - low), (high - hertz) / (high - top));
      filters[static_cast<std::size_t>(m * bins + k)] =
          static_cast<float>(std::max(0.0, weight) * 2 / (high - low));
    }
  }
  return filters;
}

Tensor log_mel(Tensor samples, const LogMel& how) {
  Graph& graph = *samples.graph;
  const std::int64_t bins = how.window / 2 + 1;
  const Tensor waves =
      constant(graph, "mel.waves", {{"co", 2 * bins}, {"ci", 1}, {"k", how.window}}, windowed_waves(how));
  const Tensor spectrum = apply(op::Conv1d{.stride = how.hop}, {samples, waves, {}}, "mel.spectrum");
  const Tensor squares = named(multiply(spectrum, spectrum), "mel.squares");
  // A band's power is that of the cosines and that of the sines.
  const std::vector<float> once = mel_filters(how);
  std::vector<float> twice;
  for (auto row = once.begin(); row != once.end(); row += bins)
    for (int part = 0; part < 2; ++part) twice.insert(twice.end(), row, row + bins);
  const Tensor filters = constant(graph, "mel.filters", {{"o", how.mels}, {"c", 2 * bins}}, std::move(twice));
  const Tensor power = apply(op::Linear{}, {squares, filters, {}}, "mel.power");
  const Tensor range = apply(op::LogRange{}, {power}, "mel.log");
  const Tensor quarter = named(multiply(range, number(graph, "mel.quarter", 0.25F)), "mel.scaled");
  return named(quarter + number(graph, "mel.one", 1.0F), "mel");
}

}  // namespace lp::nn
