#pragma once
#include "ops/op.hpp"

#include <map>
#include <typeindex>
#include <utility>

namespace lp {

/// What a backend does for each type of op: `table.on<op::Conv2d>(rule)`.
template <class Rule>
class OpTable {
 public:
  template <class O>
  void on(Rule rule) {
    rules_.insert_or_assign(std::type_index(typeid(O)), std::move(rule));
  }
  /// The rule for an op, or null where the backend has none.
  const Rule* find(const Op& op) const {
    const auto it = rules_.find(std::type_index(op.type()));
    return it == rules_.end() ? nullptr : &it->second;
  }

 private:
  std::map<std::type_index, Rule> rules_;
};

}  // namespace lp
