#pragma once
#include "runtime/session_cache.hpp"
#include "tasks/sample.hpp"

#include <map>
#include <string>
#include <vector>

namespace lp {

/// What an encoder made of one input.
struct Encoded {
  std::map<std::string, std::vector<float>> outputs;  // by the graph's names: "embedding", "logits", ...
  double inference_ms = 0;                            // of a run of several inputs: the input's share
};

/// `count` inputs from number `first` on through one run: what became of each, in their order.
std::vector<Encoded> run_encoder(SessionCache& sessions, Sample& inputs, std::size_t first,
                                 std::size_t count);

}  // namespace lp
