#pragma once
#include "backends/coreml/emission.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace lp::coreml {

/// A sequence's channels by heads: [b, d, 1, s] as [b, heads, d / heads, s].
Var by_heads(Emission& emission, const std::string& name, const Var& x, std::int64_t heads);

/// Which keys the queries of an attention may see.
struct Seen {
  int length = -1;  // the node that says how many keys count, if one does
  bool causal = false;
  std::int64_t queries = 1, keys = 1;
};

/// The same in the program.
struct Sight {
  Var keys;  // truths [b or 1, 1, s or 1, t]
  Var any;   // 1 for a query that sees a key, else 0, [b or 1, 1, 1, s or 1]
};

/// Nothing where all queries see all keys. `element`: what `any` is of.
std::optional<Sight> sight_of(Emission& emission, const Seen& seen, Element element);
/// Scores [b, heads, s, t], far below all others where a query does not see a key.
Var hide(mil::Function& function, const std::string& name, const std::optional<Sight>& sight,
         const Var& scores);

}  // namespace lp::coreml
