#pragma once
#include <cstdint>
#include <span>

namespace lp {

/// Numbers of the standard normal distribution from a seed: the same seed gives the same ones everywhere,
/// which std::normal_distribution does not promise. Source: splitmix64 (Steele et al. 2014, doi
/// 10.1145/2660193.2660195); Box and Muller 1958, in f64, rounded to f32.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}

  float next();
  void fill(std::span<float> numbers);

 private:
  /// Above 0, up to 1.
  double uniform();

  std::uint64_t state_;
  float spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace lp
