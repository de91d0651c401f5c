#include "backends/onednn/program.hpp"

#include "backends/host_states.hpp"
#include "backends/onednn/kernels/pack.hpp"
#include "backends/strided_copy.hpp"
#include "base/error.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace lp::onednn {
namespace {

constexpr std::size_t page = 4096;

/// Pages of their own: malloc keeps those of an instance that is gone, for others that may never come.
struct Unmap {
  std::size_t size = 0;
  void operator()(std::byte* memory) const { ::munmap(memory, size); }
};
using Block = std::unique_ptr<std::byte, Unmap>;

Block allocate(std::size_t size) {
  size = (size + page) / page * page;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail(Fault::out_of_memory, "out of memory: {} MB for a plan", size >> 20U);
  return {static_cast<std::byte*>(memory), Unmap{size}};
}

/// First and last byte of a caller's tensor (four bytes an element), one past the end.
std::pair<const std::byte*, const std::byte*> extent(const TensorView& tensor) {
  const std::vector<std::int64_t> strides = tensor.strides_or_dense();
  std::int64_t low = 0, high = 1;
  for (std::size_t axis = 0; axis < strides.size(); ++axis) {
    const std::int64_t reach = (tensor.shape[axis] - 1) * strides[axis];
    (reach < 0 ? low : high) += reach;
  }
  const auto* const data = static_cast<const float*>(tensor.data);
  return {reinterpret_cast<const std::byte*>(data + low), reinterpret_cast<const std::byte*>(data + high)};
}

bool overlap(const TensorView& a, const TensorView& b) {
  const auto [a_first, a_end] = extent(a);
  const auto [b_first, b_end] = extent(b);
  return a_first < b_end && b_first < a_end;
}

/// A step with this instance's memory bound to it.
struct BoundStep {
  const Step* step;
  std::unordered_map<int, dnnl::memory> arguments;
  std::vector<std::pair<dnnl::memory, View>> external;  // pointers that follow the caller's tensors
};

class OneDnnInstance final : public Instance {
 public:
  explicit OneDnnInstance(std::shared_ptr<const Plan> plan)
      : plan_(std::move(plan)),
        stream_(plan_->engine),
        arena_(allocate(plan_->arena_bytes)),
        scratch_(allocate(plan_->scratch_bytes)) {
    for (const Buffer& buffer : plan_->buffers) memory_.base.push_back(arena_.get() + buffer.offset);
    for (const auto& [buffer, memory] : plan_->constants)
      memory_.base[static_cast<std::size_t>(buffer)] = static_cast<std::byte*>(memory.get_data_handle());
    own_base_ = memory_.base;
    memory_.scratch = scratch_.get();
    for (const Step& step : plan_->steps) steps_.push_back(bind(step));
  }

  void run(const Run& run) override {
    attach(run);
    for (const BoundStep& step : steps_) execute(step);
    finish(run.outputs);
  }

  std::vector<StepProfile> profile(const Run& run) override {
    std::vector<StepProfile> times;
    const auto timed = [&](const std::string& name, const std::string& kernel, double flops,
                           const auto& work) {
      const auto start = std::chrono::steady_clock::now();
      work();
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
      times.push_back({name, kernel, flops * 1e-9, took.count()});
    };
    timed("inputs", "pack", 0, [&] { attach(run); });
    for (const BoundStep& step : steps_)
      timed(step.step->name, step.step->kernel, step.step->flops, [&] { execute(step); });
    timed("outputs", "unpack", 0, [&] { finish(run.outputs); });
    return times;
  }

  std::vector<float> value(std::string_view name) const override {
    for (const Plan::Port& port : plan_->kept)
      if (port.name == name) return unpack(port.view, memory_.pointer(port.view));
    fail(Fault::internal, "the value `{}` was not kept", name);
  }

 private:
  BoundStep bind(const Step& step) {
    BoundStep bound{&step, step.fixed, {}};
    if (step.kernel_function) return bound;
    for (const auto& [argument, view] : step.arguments) {
      const dnnl::memory memory(view.desc(), plan_->engine, memory_.pointer(view));
      bound.arguments[argument] = memory;
      if (plan_->buffers[static_cast<std::size_t>(view.buffer)].kind != Buffer::Kind::arena)
        bound.external.emplace_back(memory, view);
    }
    bound.arguments[DNNL_ARG_SCRATCHPAD] = dnnl::memory(step.scratch, plan_->engine, memory_.scratch);
    return bound;
  }

  void execute(const BoundStep& bound) {
    if (bound.step->kernel_function)
      bound.step->kernel_function(memory_);
    else
      bound.step->primitive.execute(stream_, bound.arguments);
  }

  /// Points external buffers at the caller's tensors where their layout is ours, and packs the inputs where
  /// it is not.
  void attach(const Run& run) {
    const auto& [inputs, outputs, states] = run;
    if (inputs.size() != plan_->inputs.size() || outputs.size() != plan_->outputs.size())
      fail(Fault::bad_input, "{} inputs and {} outputs given, the graph has {} and {}", inputs.size(),
           outputs.size(), plan_->inputs.size(), plan_->outputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Plan::Port& port = plan_->inputs[i];
      check_view(inputs[i], port.view.dtype == DType::i32 ? DType::i32 : DType::f32, port.shape, port.name);
      if (!attach_port(port, inputs[i])) pack(inputs[i], port.view, memory_.pointer(port.view));
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      check_view(outputs[i], DType::f32, plan_->outputs[i].shape, plan_->outputs[i].name);
      if (!attach_port(plan_->outputs[i], outputs[i])) continue;
      // Parts of an output may be written before an input is read for the last time: apart, if they share
      // memory.
      const auto shares = [&](const TensorView& input) { return overlap(input, outputs[i]); };
      if (std::any_of(inputs.begin(), inputs.end(), shares)) {
        const auto buffer = static_cast<std::size_t>(plan_->outputs[i].view.buffer);
        memory_.base[buffer] = own_base_[buffer];
      }
    }
    for (const Plan::Port& port : plan_->states)
      memory_.base[static_cast<std::size_t>(port.view.buffer)] =
          host_states(run).slot(port.name, port.view.dtype, port.shape).data.data();
    for (BoundStep& step : steps_)
      for (auto& [memory, view] : step.external) memory.set_data_handle(memory_.pointer(view));
  }

  bool attach_port(const Plan::Port& port, const TensorView& tensor) {
    const auto buffer = static_cast<std::size_t>(port.view.buffer);
    const bool fits = port.view.dtype == tensor.dtype && tensor.strides_or_dense() == port.view.strides;
    memory_.base[buffer] = fits ? static_cast<std::byte*>(tensor.data) : own_base_[buffer];
    return fits;
  }

  void finish(std::span<const TensorView> outputs) {
    stream_.wait();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const View& view = plan_->outputs[i].view;
      if (memory_.pointer(view) == static_cast<std::byte*>(outputs[i].data)) continue;
      copy_out(unpack(view, memory_.pointer(view)), outputs[i]);
    }
  }

  std::shared_ptr<const Plan> plan_;
  dnnl::stream stream_;
  Block arena_, scratch_;
  Bindings memory_;
  std::vector<std::byte*> own_base_;  // where buffers lie when no caller's tensor takes their place
  std::vector<BoundStep> steps_;
};

class OneDnnExecutable final : public Executable {
 public:
  explicit OneDnnExecutable(Plan plan) : plan_(std::make_shared<const Plan>(std::move(plan))) {}
  std::unique_ptr<Instance> instance() const override { return std::make_unique<OneDnnInstance>(plan_); }
  PlanMemory memory() const override {
    return {plan_->weight_bytes, plan_->arena_bytes, plan_->scratch_bytes};
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

}  // namespace

std::shared_ptr<const Executable> make_executable(Plan plan) {
  return std::make_shared<OneDnnExecutable>(std::move(plan));
}

}  // namespace lp::onednn
