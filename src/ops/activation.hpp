#pragma once
#include "base/error.hpp"
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Silu {
  static constexpr std::string_view name = "silu";
  static constexpr std::string_view doc = "x * sigmoid(x). Source: Elfwing et al. 2017, arXiv:1702.03118.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

struct Relu {
  static constexpr std::string_view name = "relu";
  static constexpr std::string_view doc = "max(x, 0). Source: Nair and Hinton 2010.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr std::string_view doc = "1 / (1 + exp(-x)).";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

struct Gelu {
  static constexpr std::string_view name = "gelu";
  static constexpr std::string_view doc =
      "x * Phi(x), Phi the normal distribution: exactly (`approximate` none), by `tanh`, or by `sigmoid`, "
      "x * sigmoid(1.702 x), as OpenAI's CLIP has it. Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string approximate = "none";
  static void fields(auto& self, auto&& field) { field("approximate", self.approximate); }
  void infer(Dims& /*dims*/) const {
    if (approximate != "none" && approximate != "tanh" && approximate != "sigmoid")
      fail(Fault::bad_model, "gelu: approximate is none, tanh or sigmoid, not {}", approximate);
  }
};

struct LeakyRelu {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr std::string_view doc =
      "x where it is above 0, else `slope` x. Source: Maas et al. 2013, Rectifier Nonlinearities Improve "
      "Neural Network Acoustic Models.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  float slope = 0.01F;
  static void fields(auto& self, auto&& field) { field("slope", self.slope); }
};

struct Tanh {
  static constexpr std::string_view name = "tanh";
  static constexpr std::string_view doc = "The hyperbolic tangent.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

struct Exp {
  static constexpr std::string_view name = "exp";
  static constexpr std::string_view doc = "e to the power of x.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  static void fields(auto&, auto&&) {}
};

struct Gate {
  static constexpr std::string_view name = "gate";
  static constexpr std::string_view doc =
      "f(first half of the last axis) * sigmoid(second half), f the hyperbolic tangent (`of` tanh) or the "
      "number itself (`of` identity). Sources: van den Oord et al. 2016, arXiv:1609.03499, eq. 2 (WaveNet); "
      "Dauphin et al. 2016, arXiv:1612.08083, eq. 1 (gated linear unit).";
  static constexpr std::string_view signature = "x[*, dd] -> [*, d]";
  std::string of = "tanh";
  static void fields(auto& self, auto&& field) { field("of", self.of); }
  void infer(Dims& d) const {
    if (of != "tanh" && of != "identity") fail(Fault::bad_model, "gate: of is tanh or identity, not {}", of);
    const std::int64_t both = d.at("dd").size();
    if (both % 2 != 0) fail(Fault::bad_model, "gate: {} numbers in a row have no two halves", both);
    d.bound["d"] = {"d", both / 2};
  }
};

using ActivationOps = OpList<Silu, Relu, Sigmoid, Gelu, LeakyRelu, Tanh, Exp, Gate>;

}  // namespace lp::op
