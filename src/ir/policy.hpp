#pragma once
#include "base/dtype.hpp"
#include "ir/graph.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// Which type each value is computed in: ordered globs over value names, the first match wins. No model code
/// names a type. As text: "model.22.cv2.?.2=f32;*=bf16".
class PrecisionPolicy {
 public:
  /// Everything in `type`, but for the values that `rules` ("glob=type;glob=type", may be empty) put first.
  /// @throws Error{bad_model} for a rule that is not `glob=type`.
  PrecisionPolicy(std::string_view rules, DType type) : PrecisionPolicy(rules, type, type) {}
  /// States may be kept in a narrower type than is computed in, `states`, where no rule names them.
  PrecisionPolicy(std::string_view rules, DType type, DType states);

  DType compute_type(std::string_view value_name) const;
  /// The type in which a runtime that can keeps the state of this name.
  DType state_type(std::string_view state_name) const;
  std::string text() const;

  struct Rule {
    std::string glob;
    DType type;
  };
  const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
  DType states_;
};

}  // namespace lp
