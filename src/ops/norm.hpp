#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct LayerNorm {
  static constexpr std::string_view name = "layer_norm";
  static constexpr std::string_view doc =
      "(x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis. Source: Ba et al. 2016, "
      "arXiv:1607.06450, eq. 4.";
  static constexpr std::string_view signature = "x[*, d] weight[d] bias[d] -> [*, d]";
  float epsilon = 1e-5F;
  static void fields(auto& self, auto&& field) { field("epsilon", self.epsilon); }
};

struct L2Normalize {
  static constexpr std::string_view name = "l2_normalize";
  static constexpr std::string_view doc = "x / max(its Euclidean length, epsilon) over the last axis.";
  static constexpr std::string_view signature = "x[*, d] -> [*, d]";
  float epsilon = 1e-12F;
  static void fields(auto& self, auto&& field) { field("epsilon", self.epsilon); }
};

struct LogRange {
  static constexpr std::string_view name = "log_range";
  static constexpr std::string_view doc =
      "log10(max(x, floor)), but nowhere less than the greatest of the sequence minus `range`: loudness "
      "above the quietest "
      "that counts. Source: openai/whisper, log_mel_spectrogram of whisper/audio.py.";
  static constexpr std::string_view signature = "x[b, s, d] -> [b, s, d]";
  float floor = 1e-10F, range = 8.0F;
  static void fields(auto& self, auto&& field) {
    field("floor", self.floor);
    field("range", self.range);
  }
  void infer(Dims& /*dims*/) const {
    if (!(floor > 0) || !(range > 0))
      fail(Fault::bad_model, "log_range: floor {} and range {} are not both above 0", floor, range);
  }
};

using NormOps = OpList<LayerNorm, L2Normalize, LogRange>;

}  // namespace lp::op
