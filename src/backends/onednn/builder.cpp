#include "backends/onednn/builder.hpp"

#include "backends/onednn/isa.hpp"
#include "backends/onednn/kernels/copy.hpp"
#include "backends/onednn/kernels/pack.hpp"
#include "base/error.hpp"
#include "ops/shaping.hpp"

#include <algorithm>
#include <utility>

namespace lp::onednn {
namespace {

std::string describe(const std::vector<std::pair<int, View>>& views) {
  std::string out;
  for (const auto& [argument, view] : views)
    out += fmt::format("{}{} [{}]{}", out.empty() ? "" : ", ", name(view.dtype), fmt::join(view.dims, ", "),
                       view.dense() ? "" : " with gaps");
  return out;
}

std::vector<View> views_of(const std::vector<std::pair<int, View>>& arguments) {
  std::vector<View> views;
  views.reserve(arguments.size());
  for (const auto& [argument, view] : arguments) views.push_back(view);
  return views;
}

/// Numbers that the graph knows, in the form `wanted`.
dnnl::memory repacked(const std::vector<float>& values, const dnnl::memory::desc& stored,
                      const dnnl::memory::desc& wanted, const dnnl::engine& engine) {
  dnnl::memory from(stored, engine, const_cast<float*>(values.data())), to(wanted, engine);
  dnnl::stream stream(engine);
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

}  // namespace

bool is_reference(const std::string& kernel) {
  // "ref:any", "gemm:ref", "brg_conv_bwd:ref:..."
  return kernel.starts_with("ref") || kernel.find("ref:") != std::string::npos || kernel.ends_with(":ref");
}

Builder::Builder(const Graph& graph, std::shared_ptr<PackedWeights> weights, const CompileOptions& options,
                 dnnl::engine engine, std::function<bool(const std::string&)> too_slow)
    : graph_(graph),
      weights_(std::move(weights)),
      options_(options),
      too_slow_(std::move(too_slow)),
      fusion_(find_fusions(graph, options.keep)),
      uses_(graph.use_counts()),
      values_(uses_.size()),
      targets_(uses_.size()),
      levels_(find_levels(graph)) {
  plan_.engine = std::move(engine);
  plan_.weights = weights_;
}

const View& Builder::value(int id) {
  auto& view = values_[static_cast<std::size_t>(id)];
  if (!view && graph_[id].op.as<Weight>() != nullptr) {  // a table, or a term of a sum
    view = fresh(type_of(id), sizes(graph_[id].shape));
    plan_.buffers.back().kind = Buffer::Kind::constant;
    plan_.constants.emplace_back(view->buffer, weight(id, view->dims, view->desc()));
  } else if (const auto* const constant = graph_[id].op.as<Constant>(); !view && constant != nullptr) {
    view = fresh(type_of(id), sizes(graph_[id].shape));
    plan_.buffers.back().kind = Buffer::Kind::constant;
    const dnnl::memory memory(view->desc(), engine());
    pack({DType::f32, view->dims, {}, const_cast<float*>(constant->values->data())}, *view,
         static_cast<std::byte*>(memory.get_data_handle()));
    plan_.constants.emplace_back(view->buffer, memory);
  }
  LP_ASSERT(view.has_value());
  return *view;
}

View Builder::fresh(DType type, const std::vector<std::int64_t>& dims) {
  View view{type, dims, View::dense_strides(dims), static_cast<int>(plan_.buffers.size()), 0};
  Buffer buffer;
  buffer.size_bytes = static_cast<std::size_t>(view.elements()) * size_bytes(type);
  plan_.buffers.push_back(buffer);
  return view;
}

/// A buffer for a node's value, in the type and with the levels that it has.
View Builder::fresh_for(int id) {
  View view = fresh(type_of(id), sizes(graph_[id].shape));
  view.levels = levels_of(id);
  return view;
}

View Builder::stored(int id) {
  const View& view = value(id);
  if (view.dense()) return view;
  if (const auto it = stored_.find(id); it != stored_.end()) return it->second;
  const View from = view;
  View packed = fresh(from.dtype, from.dims);
  packed.levels = from.levels;
  copy(graph_[id].name, from, packed);
  stored_.emplace(id, packed);
  return packed;
}

View Builder::real(int id) {
  if (!value(id).levels) return value(id);
  if (const auto it = real_.find(id); it != real_.end()) return it->second;
  const std::optional<int> factors = smoothing_of(graph_[id]);
  const View levels = factors ? value(id) : stored(id);
  View numbers = fresh(real_type_of(id), levels.dims);
  numbers.strides = levels.strides;
  dequantize_kernel(*this, graph_[id].name, levels, numbers, factors);
  real_.emplace(id, numbers);
  return numbers;
}

View Builder::dense(int id) {
  return value(id).levels ? real(id) : stored(id);
}

View Builder::rows(int id) {
  const View from = real(id);
  if (const auto rows = from.rows()) return *rows;
  View plain = fresh(from.dtype, from.dims);
  plain.strides = row_major(plain.dims);
  copy(graph_[id].name, from, plain);
  return rows_of(plain);
}

View Builder::make_rows(int id) {
  View view = fresh_for(id);
  view.strides = row_major(view.dims);
  alias(id, view);
  return rows_of(view);
}

View Builder::make(int id, bool can_stride) {
  auto& view = values_[static_cast<std::size_t>(id)];
  const View* const place = target(id);
  view = place != nullptr && can_stride ? *place : fresh_for(id);
  return *view;
}

bool Builder::can_overwrite(int id) {
  const Op& op = graph_[id].op;
  const bool is_view = op.as<op::Slice>() != nullptr || op.as<op::Flatten>() != nullptr ||
                       op.as<op::Unflatten>() != nullptr || op.as<op::Transpose>() != nullptr;
  const View& view = value(id);
  return !is_view && uses_[static_cast<std::size_t>(id)] == 1 && !is_kept(options_.keep, graph_[id].name) &&
         view.dense() && !view.levels &&
         plan_.buffers[static_cast<std::size_t>(view.buffer)].kind == Buffer::Kind::arena;
}

void Builder::alias(int id, const View& view) {
  values_[static_cast<std::size_t>(id)] = view;
}

const View* Builder::target(int id) const {
  const auto& place = targets_[static_cast<std::size_t>(id)];
  return place ? &*place : nullptr;
}

View Builder::reserve(int id) {
  auto& place = targets_[static_cast<std::size_t>(id)];
  if (!place) place = fresh_for(id);
  return *place;
}

bool Builder::offer(int id, const View& place) {
  const auto at = static_cast<std::size_t>(id);
  const Rule* const rule = rules().find(graph_[id].op);
  const bool taken = rule != nullptr && rule->strided_output && !fusion_.absorbed[at] && uses_[at] == 1 &&
                     !targets_[at] && !is_kept(options_.keep, graph_[id].name) &&
                     type_of(id) == place.dtype && levels_of(id) == place.levels;
  if (taken) targets_[at] = place;
  return taken;
}

dnnl::memory Builder::weight(int id, const std::vector<std::int64_t>& dims, const dnnl::memory::desc& wanted,
                             const std::vector<std::int64_t>& strides) const {
  if (weights_ == nullptr) return {};
  const dnnl::memory::desc stored(dims, dnnl::memory::data_type::f32,
                                  strides.empty() ? row_major(dims) : strides);
  if (const auto* const constant = graph_[id].op.as<Constant>(); constant != nullptr)
    return repacked(*constant->values, stored, wanted, engine());
  const auto* const weight = graph_[id].op.as<Weight>();
  LP_ASSERT(weight != nullptr);
  return weights_->get(weight->path, stored, wanted);
}

dnnl::memory Builder::arranged_weight(
    int id, const std::function<std::vector<float>(std::span<const float>)>& arrange,
    const std::vector<std::int64_t>& dims, const dnnl::memory::desc& wanted) const {
  if (weights_ == nullptr) return {};
  const dnnl::memory::desc arranged(dims, dnnl::memory::data_type::f32, row_major(dims));
  if (const auto* const constant = graph_[id].op.as<Constant>(); constant != nullptr)
    return repacked(arrange(*constant->values), arranged, wanted, engine());
  const auto* const weight = graph_[id].op.as<Weight>();
  LP_ASSERT(weight != nullptr);
  return weights_->get_arranged(weight->path, arrange, arranged, wanted);
}

bool Builder::is_quantized(int id) const {
  const auto* const weight = graph_[id].op.as<Weight>();
  return weights_ != nullptr && weight != nullptr && weights_->is_quantized(weight->path);
}

bool Builder::is_smoothed(int id) const {
  const auto* const weight = graph_[id].op.as<Weight>();
  return weights_ != nullptr && weight != nullptr && weights_->is_smoothed(weight->path);
}

dnnl::memory Builder::weight_levels(int id, const std::vector<std::int64_t>& dims,
                                    const dnnl::memory::desc& wanted,
                                    const std::vector<std::int64_t>& strides) const {
  const dnnl::memory::desc stored(dims, dnnl::memory::data_type::s8,
                                  strides.empty() ? row_major(dims) : strides);
  return weights_->get_levels(graph_[id].op.as<Weight>()->path, stored, wanted);
}

dnnl::memory Builder::weight_scales(int id) const {
  return weights_->scales(graph_[id].op.as<Weight>()->path);
}

PackedWeights::QuantizedRows Builder::quantized_rows(int id) const {
  return weights_->quantized_rows(graph_[id].op.as<Weight>()->path);
}

void Builder::primitive(int id, const std::string& kernel, const dnnl::primitive& primitive,
                        const dnnl::memory::desc& scratch, std::vector<std::pair<int, View>> reads,
                        std::vector<std::pair<int, View>> writes,
                        std::unordered_map<int, dnnl::memory> fixed) {
  const Node& node = graph_[id];
  if (too_slow(kernel))
    fail(Fault::unsupported,
         "{} `{}`: oneDNN has only its reference kernel `{}` for {} -> {} on this processor, too slow to be "
         "used{}",
         node.op.name(), node.name, kernel, describe(reads), describe(writes), where_more_kernels_are());
  Step step;
  step.name = graph_[epilogue(id).output].name;
  step.kernel = kernel;
  step.flops = graph_.flops(id);
  step.reads = views_of(reads);
  step.writes = views_of(writes);
  step.primitive = primitive;
  step.fixed = std::move(fixed);
  step.arguments = std::move(reads);
  step.arguments.insert(step.arguments.end(), writes.begin(), writes.end());
  step.scratch = scratch;
  step.scratch_bytes = scratch.get_size();
  plan_.steps.push_back(std::move(step));
}

void Builder::kernel(const std::string& name, const std::string& kernel_name, std::vector<View> reads,
                     std::vector<View> writes, std::function<void(const Bindings&)> function, double flops) {
  Step step;
  step.name = name;
  step.kernel = kernel_name;
  step.flops = flops;
  step.reads = std::move(reads);
  step.writes = std::move(writes);
  step.kernel_function = std::move(function);
  plan_.steps.push_back(std::move(step));
}

void Builder::row_kernel(const std::string& name, const std::string& kernel_name, RowWork work,
                         double flops) {
  std::vector<View> reads = work.whole, writes = {work.y};
  for (const RowWork::Read& read : work.reads) reads.push_back(read.view);
  const View scratch = fresh(DType::f32, {threads() * work.scratch});
  if (work.scratch > 0) writes.push_back(scratch);
  const auto shared = std::make_shared<const RowWork>(std::move(work));
  kernel(
      name, kernel_name, std::move(reads), std::move(writes),
      [shared, scratch, threads = threads()](const Bindings& at) {
        run_all_rows(*shared, at, reinterpret_cast<float*>(at.pointer(scratch)), threads);
      },
      flops);
  plan_.steps.back().row_work = shared;
}

void Builder::copy(const std::string& name, const View& from, const View& to) {
  if (const auto pixels = pixel_copy(from, to)) {
    kernel(name, "copy", {from}, {to}, [from, to, p = *pixels](const Bindings& memory) {
      copy_pixels(p, memory.pointer(from), memory.pointer(to));
    });
    return;
  }
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc reorder(engine(), from.desc(), engine(), to.desc(), attributes);
  Step step;
  step.name = name;
  step.kernel = reorder.impl_info_str();
  step.reads = {from};
  step.writes = {to};
  step.primitive = dnnl::reorder(reorder);
  step.arguments = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  step.scratch = reorder.scratchpad_desc();
  step.scratch_bytes = step.scratch.get_size();
  plan_.steps.push_back(std::move(step));
}

void Builder::add_inputs() {
  int index = 0;
  for (const int id : graph_.inputs()) {
    const DType type = graph_[id].op.as<Indices>() != nullptr ? DType::i32 : type_of(id);
    const View view = fresh(type, sizes(graph_[id].shape));
    plan_.buffers.back().kind = Buffer::Kind::input;
    plan_.buffers.back().index = index++;
    plan_.inputs.push_back({graph_[id].name, view.dims, view});
    values_[static_cast<std::size_t>(id)] = view;
  }
  for (const Graph::StateVersions& state : graph_.states()) {
    const View view =
        fresh(options_.policy.state_type(graph_[state.first].name), sizes(graph_[state.first].shape));
    plan_.buffers.back().kind = Buffer::Kind::state;
    plan_.states.push_back({graph_[state.first].name, view.dims, view});
    values_[static_cast<std::size_t>(state.first)] = view;
  }
}

void Builder::find_places() {
  int index = 0;
  for (const Graph::Output& output : graph_.outputs) {
    View view = fresh(DType::f32, sizes(graph_[output.id].shape));
    view.strides = row_major(view.dims);
    plan_.buffers.back().kind = Buffer::Kind::output;
    plan_.buffers.back().index = index++;
    plan_.outputs.push_back({output.name, view.dims, view});
    offer(output.id, view);
  }
  for (int id = graph_.size(); id-- > 0;)
    if (const Rule* const rule = rules().find(graph_[id].op); rule != nullptr && rule->place)
      rule->place(*this, id);
}

void Builder::add_outputs() {
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
    const View from = real(graph_.outputs[i].id);
    const View& to = plan_.outputs[i].view;
    if (from.buffer != to.buffer) copy(graph_.outputs[i].name, from, to);
  }
  if (options_.keep.empty()) return;
  for (int id = 0; id < graph_.size(); ++id) {
    if (!values_[static_cast<std::size_t>(id)] || !is_kept(options_.keep, graph_[id].name)) continue;
    View kept = real(id);
    if (plan_.buffers[static_cast<std::size_t>(kept.buffer)].kind != Buffer::Kind::arena) {
      const View own =
          fresh(kept.dtype, kept.dims);  // the caller's tensor may be gone when the value is asked for
      copy(graph_[id].name, kept, own);
      kept = own;
    }
    plan_.kept.push_back({graph_[id].name, kept.dims, kept});
  }
}

/// An op that became several primitives: each has its part of the work.
void Builder::share_flops(std::size_t first_step) {
  const auto first = plan_.steps.begin() + static_cast<std::ptrdiff_t>(first_step);
  const auto counts = [](const Step& step) { return step.flops > 0; };
  const auto parts = std::count_if(first, plan_.steps.end(), counts);
  for (auto step = first; step != plan_.steps.end(); ++step)
    if (counts(*step)) step->flops /= static_cast<double>(parts);
}

Plan Builder::build() {
  add_inputs();
  find_places();
  for (int id = 0; id < graph_.size(); ++id) {
    if (graph_[id].given() || fusion_.absorbed[static_cast<std::size_t>(id)]) continue;
    const Rule* const rule = rules().find(graph_[id].op);
    if (rule == nullptr)
      fail(Fault::unsupported, "oneDNN has no rule for {} (`{}`)", graph_[id].op.name(), graph_[id].name);
    const std::size_t first_step = plan_.steps.size();
    try {
      rule->lower(*this, id);
    } catch (const dnnl::error& error) {
      fail(Fault::unsupported, "{} `{}`: oneDNN cannot make it here ({})", graph_[id].op.name(),
           graph_[id].name, error.what());
    }
    share_flops(first_step);
  }
  add_outputs();
  join_row_work(plan_, threads());
  place_in_arena(plan_);
  plan_.weight_bytes = weights_ != nullptr ? weights_->size_bytes() : 0;
  return std::move(plan_);
}

const Rules& rules() {
  static const Rules table = [] {
    Rules all;
    add_activation_rules(all);
    add_attention_rules(all);
    add_conv_rules(all);
    add_conv1d_rules(all);
    add_conv_transpose1d_rules(all);
    add_detection_rules(all);
    add_elementwise_rules(all);
    add_linear_rules(all);
    add_norm_rules(all);
    add_pool_rules(all);
    add_quant_rules(all);
    add_relative_attention_rules(all);
    add_resize_rules(all);
    add_row_rules(all);
    add_shaping_rules(all);
    add_spline_rules(all);
    add_state_rules(all);
    return all;
  }();
  return table;
}

}  // namespace lp::onednn
