#include "runtime/session.hpp"

#include "ir/verify.hpp"

#include <chrono>

namespace lp {

Session::Session(std::shared_ptr<const Model> model, std::shared_ptr<WeightStore> weights,
                 std::shared_ptr<Lane> lane, const SessionOptions& options)
    : model_(std::move(model)), lane_(std::move(lane)), options_(options) {
  const auto start = std::chrono::steady_clock::now();
  program_ = model_->family->build(&model_->checkpoint, model_->info, options.sizes);
  for (const Graph& each : program_.graphs) verify(each);
  const Placement& placement = options.placement;
  const std::string_view rules = placement.precision == DType::f32 ? "" : model_->family->precision_rules;
  const CompileOptions compile{.policy = PrecisionPolicy(rules, placement.precision),
                               .threads = lane_->threads(),
                               .keep = options.keep};
  lane_->run([&] {
    executable_ = placement.backend->compile(graph(), weights, compile);
    instance_ = executable_->instance();
  });
  build_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void Session::run(const Run& run) {
  lane_->run([&] { instance_->run(run); });
}

std::vector<StepProfile> Session::profile(const Run& run) {
  std::vector<StepProfile> steps;
  lane_->run([&] { steps = instance_->profile(run); });
  return steps;
}

}  // namespace lp
