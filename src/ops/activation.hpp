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

using ActivationOps = OpList<Silu, Relu, Sigmoid, Gelu>;

}  // namespace lp::op
