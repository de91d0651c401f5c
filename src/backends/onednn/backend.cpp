#include "backends/onednn/backend.hpp"

#include "backends/host_states.hpp"
#include "backends/onednn/builder.hpp"
#include "backends/onednn/isa.hpp"
#include "base/error.hpp"

namespace lp::onednn {
namespace {

class OneDnnBackend final : public Backend {
 public:
  std::string_view name() const override { return "onednn"; }

  std::string version() const override {
    const dnnl_version_t& v = *dnnl::version();
    return fmt::format("oneDNN {}.{}.{} ({}{})", v.major, v.minor, v.patch,
                       isa_name(dnnl::get_effective_cpu_isa()), missing_kernels(engine_));
  }

  Support available() const override { return {}; }

  Support computes(DType type) const override {
    if (type == DType::f32) return {};
    if (type != DType::bf16 && type != DType::i8)
      return {false, fmt::format("oneDNN plans are made for f32, bf16 and int8, not {}", lp::name(type))};
    const std::string why =
        type == DType::i8 ? why_not_int8(engine_) : why_not_bf16(dnnl::get_effective_cpu_isa());
    return {why.empty(), why};
  }

  Support supports(const Graph& graph, int id) const override {
    const Node& node = graph[id];
    if (node.given()) return {};
    try {  // a dry run of the rule that would lower it, on a graph of this node alone
      Graph alone("alone");
      std::vector<int> inputs;
      inputs.reserve(node.inputs.size());
      for (const int from : node.inputs)
        inputs.push_back(from < 0 ? -1
                                  : alone.add(graph[from].given() ? graph[from].op : Op(Input{}), {},
                                              graph[from].shape, graph[from].name, graph[from].at));
      alone.outputs = {{"output", alone.add(node.op, inputs, node.shape, node.name, node.at)}};
      Builder(alone, nullptr, CompileOptions{}, dnnl::engine(dnnl::engine::kind::cpu, 0)).build();
      return {};
    } catch (const Error& error) {
      return {false, error.what()};
    }
  }

  std::shared_ptr<WeightStore> weights_alike(const Checkpoint& checkpoint,
                                             const std::shared_ptr<WeightStore>& alike) const override {
    return std::make_shared<PackedWeights>(checkpoint, engine_,
                                           adds_in_16_bits(dnnl::get_effective_cpu_isa()),
                                           std::dynamic_pointer_cast<PackedWeights>(alike));
  }

  std::unique_ptr<States> states(std::span<const Graph* const> graphs,
                                 const PrecisionPolicy& policy) const override {
    return std::make_unique<HostStates>(graphs,
                                        [&](std::string_view state) { return policy.state_type(state); });
  }

  std::shared_ptr<const Executable> compile(const Graph& graph, const std::shared_ptr<WeightStore>& weights,
                                            const CompileOptions& options) const override {
    auto packed = std::dynamic_pointer_cast<PackedWeights>(weights);
    LP_ASSERT(packed != nullptr);
    return make_executable(Builder(graph, std::move(packed), options, engine_).build());
  }

 private:
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
};

}  // namespace

const Backend& backend() {
  static const OneDnnBackend instance;
  return instance;
}

}  // namespace lp::onednn
