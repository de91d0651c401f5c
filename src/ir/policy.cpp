#include "ir/policy.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace lp {

PrecisionPolicy::PrecisionPolicy(std::string_view rules, DType type, DType states) : states_(states) {
  while (!rules.empty()) {
    const std::size_t end = std::min(rules.find(';'), rules.size());
    const std::string_view rule = rules.substr(0, end);
    const std::size_t equals = rule.rfind('=');
    const auto parsed =
        equals == std::string_view::npos ? std::nullopt : parse_dtype(rule.substr(equals + 1));
    if (!parsed)
      fail(Fault::bad_model, "`{}` is not a precision rule; write glob=type, for example *.norm*=f32", rule);
    rules_.push_back({std::string(rule.substr(0, equals)), *parsed});
    rules.remove_prefix(std::min(end + 1, rules.size()));
  }
  rules_.push_back({"*", type});
}

DType PrecisionPolicy::compute_type(std::string_view value_name) const {
  for (const Rule& rule : rules_)
    if (glob_match(rule.glob, value_name)) return rule.type;
  return rules_.back().type;
}

DType PrecisionPolicy::state_type(std::string_view state_name) const {
  for (const Rule& rule : std::span(rules_).first(rules_.size() - 1))
    if (glob_match(rule.glob, state_name)) return rule.type;
  return states_;
}

std::string PrecisionPolicy::text() const {
  std::string out;
  for (const Rule& rule : rules_)
    out += fmt::format("{}{}={}", out.empty() ? "" : ";", rule.glob, name(rule.type));
  if (states_ != rules_.back().type) out += fmt::format(";states={}", name(states_));
  return out;
}

}  // namespace lp
