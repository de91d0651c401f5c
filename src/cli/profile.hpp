#pragma once
#include "base/json.hpp"
#include "cli/command.hpp"
#include "runtime/session.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// Buffers for one caller of a session: `inputs` and `outputs` in the graph's order, f32, dense, filled with
/// numbers in 0..1 that `seed` decides.
struct Buffers {
  Buffers(const Graph& graph, std::uint32_t seed);
  std::vector<std::vector<float>> storage;
  std::vector<std::vector<std::int32_t>> indices;
  std::vector<TensorView> inputs, outputs;
};

/// Multiply-adds of one run times two, in units of 10^9.
double gflop_of(const Graph& graph);

/// The steps of one profiled run, after one to warm up.
std::vector<StepProfile> profile(Session& session);

/// [{"name","kernel","ms","gflop","gflops"}]
nlohmann::json profile_json(const std::vector<StepProfile>& steps);

/// The steps of one run: in the answer, or as a table on standard error.
void add_profile(const Invocation& invocation, Session& session, nlohmann::json& answer);

/// The same for a person, with the sum.
std::string profile_table(const std::vector<StepProfile>& steps);

}  // namespace lp::cli
