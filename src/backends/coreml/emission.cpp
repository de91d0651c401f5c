#include "backends/coreml/emission.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace lp::coreml {
namespace {

DType dtype_of(Element element) {
  return element == Element::f32 ? DType::f32 : DType::f16;
}

/// A sequence's sizes where it has three axes: those that it lacks in front are 1.
Sizes as_sequence(Sizes sizes) {
  LP_ASSERT(sizes.size() <= 3);
  sizes.insert(sizes.begin(), 3 - sizes.size(), 1);
  return sizes;
}

/// Numbers [b, s, d] in the order of [b, d, s].
std::vector<float> channels_first(const std::vector<float>& numbers, const Sizes& sizes) {
  const auto b = static_cast<std::size_t>(sizes[0]), s = static_cast<std::size_t>(sizes[1]),
             d = static_cast<std::size_t>(sizes[2]);
  std::vector<float> moved(numbers.size());
  for (std::size_t i = 0; i < b; ++i)
    for (std::size_t row = 0; row < s; ++row)
      for (std::size_t channel = 0; channel < d; ++channel)
        moved[(i * d + channel) * s + row] = numbers[(i * s + row) * d + channel];
  return moved;
}

}  // namespace

Emission::Emission(const Graph& graph, const Checkpoint& checkpoint, mil::Function& function,
                   std::vector<Element> elements, WeightForm form)
    : graph_(graph),
      checkpoint_(checkpoint),
      function_(function),
      elements_(std::move(elements)),
      form_(form),
      is_stored_in_bytes_(std::ranges::any_of(
          checkpoint.tensors, [](const auto& named) { return !named.second.scales.empty(); })),
      uses_(graph.use_counts()),
      readers_(static_cast<std::size_t>(graph.size())) {
  for (int id = 0; id < graph.size(); ++id)
    for (const int from : graph[id].inputs)
      if (from >= 0) readers_[static_cast<std::size_t>(from)].push_back(id);
}

bool is_known(const Node& node) {
  return node.op.as<Weight>() != nullptr || node.op.as<Constant>() != nullptr;
}

std::vector<float> Emission::numbers(int id) const {
  const Op& op = graph_[id].op;
  if (const auto* const constant = op.as<Constant>()) return *constant->values;
  const auto* const weight = op.as<Weight>();
  LP_ASSERT(weight != nullptr);
  const auto stored = checkpoint_.tensors.find(weight->path);
  if (stored == checkpoint_.tensors.end())
    fail(Fault::bad_model, "{}: no tensor `{}`", checkpoint_.file, weight->path);
  return to_f32(stored->second);
}

void Emission::check_numbers(const std::string& name, const std::vector<float>& numbers,
                             Element element) const {
  constexpr float largest_half = 65504;
  const auto is_too_large = [&](float x) { return std::abs(x) > largest_half; };
  if (element == Element::f16 && std::any_of(numbers.begin(), numbers.end(), is_too_large))
    fail(Fault::unsupported, "`{}` has numbers above {}, which float16 cannot hold; take --precision float32",
         name, largest_half);
}

Var Emission::constant(const std::string& name, const std::vector<float>& numbers, const Sizes& sizes,
                       Element element) {
  check_numbers(name, numbers, element);
  return function_.constant(name, {element, sizes}, from_f32(numbers, dtype_of(element)));
}

Var Emission::weight(int id, const Sizes& sizes, Element element) {
  const auto key = std::tuple(id, sizes, element);
  const auto known = weights_.find(key);
  if (known != weights_.end()) return known->second;
  return weights_.emplace(key, constant(graph_[id].name, numbers(id), sizes, element)).first->second;
}

Var Emission::palette(const std::string& name, const std::vector<float>& numbers, const Sizes& sizes,
                      int bits, Element element) {
  // One list for all; from version 9 on its rank says so, and places are elements of few bits.
  constexpr int version_of_few_bits = 9;
  const std::int64_t count = std::int64_t{1} << bits;
  const Palette palette = palette_of(numbers, static_cast<std::size_t>(count), element);
  const std::vector<std::byte> colors = from_f32(palette.colors, dtype_of(element)),
                               places = packed(palette.places, bits);
  if (function_.version() >= version_of_few_bits) {
    Sizes list(sizes.size(), 1);
    list.insert(list.end(), {count, 1});
    const Element few = bits == 4 ? Element::u4 : Element::u6;
    const std::array parts = {mil::Function::Part{"indices", {few, sizes}, places},
                              mil::Function::Part{"lut", {element, list}, colors}};
    return function_.add_weight("constexpr_lut_to_dense", name, parts, {element, sizes});
  }
  const std::vector<std::uint32_t> shape(sizes.begin(), sizes.end());
  const std::array parts = {
      mil::Function::Part{"indices", {Element::u8, {static_cast<std::int64_t>(places.size())}}, places},
      mil::Function::Part{"lut", {element, {count}}, colors},
      mil::Function::Part{"shape",
                          {Element::u32, {static_cast<std::int64_t>(shape.size())}},
                          std::as_bytes(std::span(shape))}};
  return function_.add_weight("constexpr_lut_to_dense", name, parts, {element, sizes});
}

Var Emission::bytes(const std::string& name, const std::vector<float>& numbers, const Sizes& sizes,
                    std::size_t axis, Element element) {
  constexpr int version_of_blocks = 9;
  const ScaledBytes bytes = scaled_bytes(numbers, sizes, axis, element);
  // Hardware may take a half below 2^-14 for zero: a layer with such scales stays whole.
  constexpr float least_half = 0x1p-14F;
  const auto is_tiny = [](float scale) { return scale < least_half; };
  if (element == Element::f16 && std::ranges::any_of(bytes.scales, is_tiny))
    return constant(name, numbers, sizes, element);
  const std::vector<std::byte> scales = from_f32(bytes.scales, dtype_of(element));
  const mil::Function::Part data{"data", {Element::i8, sizes}, std::as_bytes(std::span(bytes.numbers))};
  if (function_.version() >= version_of_blocks) {
    Sizes blocks(sizes.size(), 1);
    blocks[axis] = sizes[axis];
    const std::array parts = {data, mil::Function::Part{"scale", {element, blocks}, scales}};
    return function_.add_weight("constexpr_blockwise_shift_scale", name, parts, {element, sizes});
  }
  const std::int8_t zero = 0;
  const auto at = static_cast<std::int32_t>(axis);
  const std::array parts = {
      mil::Function::Part{"quantized_data", data.type, data.data},
      mil::Function::Part{"zero_point", {.element = Element::i8}, std::as_bytes(std::span(&zero, 1))},
      mil::Function::Part{"scale", {element, {sizes[axis]}}, scales},
      mil::Function::Part{"axis", {.element = Element::i32}, std::as_bytes(std::span(&at, 1))}};
  return function_.add_weight("constexpr_affine_dequantize", name, parts, {element, sizes});
}

WeightForm Emission::form_of_weight(int id) const {
  const auto* const weight = graph_[id].op.as<Weight>();
  if (weight == nullptr) return WeightForm::whole;
  const auto stored = checkpoint_.tensors.find(weight->path);
  const bool has_bytes = stored != checkpoint_.tensors.end() && !stored->second.scales.empty();
  return is_stored_in_bytes_ && !has_bytes ? WeightForm::whole : form_;
}

Var Emission::layer_weight(int id, const std::vector<float>& numbers, const Sizes& sizes, std::size_t axis,
                           Element element) {
  // Of smaller ones nothing is saved. Source: weight_threshold of coremltools 9.0.
  constexpr std::size_t fewest = 2048;
  constexpr int bits_of_4 = 4, bits_of_6 = 6;
  const std::string& name = graph_[id].name;
  const WeightForm form = numbers.size() < fewest ? WeightForm::whole : form_of_weight(id);
  if (form == WeightForm::whole) return constant(name, numbers, sizes, element);
  check_numbers(name, numbers, element);
  if (!std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); }))
    fail(Fault::bad_model, "`{}` has numbers that are none; {} cannot keep them", name, coreml::name(form));
  switch (form) {
    case WeightForm::palette6: return palette(name, numbers, sizes, bits_of_6, element);
    case WeightForm::palette4: return palette(name, numbers, sizes, bits_of_4, element);
    default: return bytes(name, numbers, sizes, axis, element);
  }
}

Var Emission::layer_weight(int id, const Sizes& sizes, std::size_t axis, Element element) {
  const auto key = std::tuple(id, sizes, element);
  const auto known = layer_weights_.find(key);
  if (known != layer_weights_.end()) return known->second;
  return layer_weights_.emplace(key, layer_weight(id, numbers(id), sizes, axis, element)).first->second;
}

Var Emission::once(const std::string& key, const std::function<Var()>& make) {
  const auto known = shared_.find(key);
  return known != shared_.end() ? known->second : shared_.emplace(key, make()).first->second;
}

Form Emission::form(int id) const {
  const auto made = values_.find(id);
  return made != values_.end() ? made->second.form : Form::plain;
}

void Emission::set(int id, const Var& var, Form form) {
  values_.insert_or_assign(id, Value{var, form});
}

Var Emission::given(int id, Form form, Element element) {
  const Sizes own = sizes(graph_[id].shape);
  if (const auto* const known = graph_[id].op.as<Constant>(); known != nullptr && own.size() == 3) {
    const std::vector<float>& numbers = *known->values;
    const auto differs = [&](float x) { return x != numbers.front(); };
    if (std::ranges::none_of(numbers, differs)) {
      const Sizes moved = form == Form::plain ? own : Sizes{own[0], own[2], 1, own[1]};
      return once(fmt::format("fill {} {} {}", id, form == Form::plain, mil::codes(element).name),
                  [&] { return mil::fill(function_, graph_[id].name, numbers.front(), {element, moved}); });
    }
  }
  if (form == Form::plain) return weight(id, own, element);
  const Sizes sequence = as_sequence(own);
  const Sizes moved = {sequence[0], sequence[2], 1, sequence[1]};
  if (sequence[1] == 1 || sequence[2] == 1) return weight(id, moved, element);
  const auto key = std::tuple(id, moved, element);
  const auto known = weights_.find(key);
  if (known != weights_.end()) return known->second;
  const Var made = constant(graph_[id].name, channels_first(numbers(id), sequence), moved, element);
  return weights_.emplace(key, made).first->second;
}

Var Emission::moved(const Value& value, Form form, const std::string& name) {
  const Var& x = value.var;
  if (form == Form::channels) {
    const Sizes sequence = as_sequence(x.type.sizes);
    const Sizes sizes = {sequence[0], sequence[2], 1, sequence[1]};
    Var rows = mil::reshape(function_, name, x, sequence);
    if (sequence[1] != 1 && sequence[2] != 1) rows = mil::transpose(function_, name, rows, {0, 2, 1});
    return mil::reshape(function_, name, rows, sizes);
  }
  const std::int64_t b = x.size(0), d = x.size(1), s = x.size(3);
  if (s == 1 || d == 1) return mil::reshape(function_, name, x, {b, s, d});
  return mil::transpose(function_, name, mil::reshape(function_, name, x, {b, d, s}), {0, 2, 1});
}

Var Emission::get(int id, Form form, Element element) {
  if (is_known(id)) return given(id, form, element);
  const auto key = std::tuple(id, form, element);
  if (const auto known = asked_.find(key); known != asked_.end()) return known->second;
  const auto made = values_.find(id);
  LP_ASSERT(made != values_.end());
  Var var = made->second.var;
  // The move first: all types share it.
  if (made->second.form != form) {
    const auto moved_key = std::tuple(id, form, var.type.element);
    auto before = asked_.find(moved_key);
    if (before == asked_.end())
      before = asked_.emplace(moved_key, moved(made->second, form, graph_[id].name)).first;
    var = before->second;
  }
  var = mil::cast(function_, graph_[id].name, var, element);
  return asked_.insert_or_assign(key, var).first->second;
}

void refuse(const Node& node, std::string_view why) {
  fail(Fault::unsupported, "Core ML cannot have `{}` ({}, {}): {}", node.name, node.op.name(), text(node.at),
       why);
}

const Rules& rules() {
  static const Rules table = [] {
    Rules all;
    add_activation_rules(all);
    add_attention_rules(all);
    add_conv_rules(all);
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

}  // namespace lp::coreml
