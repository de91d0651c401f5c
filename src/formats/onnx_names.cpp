#include "formats/onnx_names.hpp"

#include "base/error.hpp"
#include "formats/checks.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace lp::onnx {
namespace {

/// An input that is a parameter of a layer, and the parameter's name in torch.
struct Role {
  std::string_view op;
  std::size_t input;
  std::string_view parameter;
};
constexpr std::array roles = {
    Role{"Conv", 1, "weight"},
    Role{"Conv", 2, "bias"},
    Role{"ConvTranspose", 1, "weight"},
    Role{"ConvTranspose", 2, "bias"},
    Role{"Gemm", 1, "weight"},
    Role{"Gemm", 2, "bias"},
    Role{"MatMul", 1, "weight"},
    Role{"Gather", 0, "weight"},
    Role{"PRelu", 1, "weight"},
    Role{"BatchNormalization", 1, "weight"},
    Role{"BatchNormalization", 2, "bias"},
    Role{"BatchNormalization", 3, "running_mean"},
    Role{"BatchNormalization", 4, "running_var"},
    Role{"LayerNormalization", 1, "weight"},
    Role{"LayerNormalization", 2, "bias"},
    Role{"InstanceNormalization", 1, "weight"},
    Role{"InstanceNormalization", 2, "bias"},
    Role{"GroupNormalization", 1, "weight"},
    Role{"GroupNormalization", 2, "bias"},
};

/// Operators whose inputs are settings from the given one on: shapes, sizes, bounds, indices, axes.
struct Settings {
  std::string_view op;
  std::size_t from;
};
constexpr std::array settings = {
    Settings{"Range", 0},     Settings{"ConstantOfShape", 0}, Settings{"Reshape", 1},   Settings{"Expand", 1},
    Settings{"Slice", 1},     Settings{"Unsqueeze", 1},       Settings{"Squeeze", 1},   Settings{"Split", 1},
    Settings{"Resize", 1},    Settings{"Upsample", 1},        Settings{"Tile", 1},      Settings{"Pad", 1},
    Settings{"Clip", 1},      Settings{"Gather", 1},          Settings{"TopK", 1},      Settings{"OneHot", 1},
    Settings{"ReduceSum", 1}, Settings{"ReduceMean", 1},      Settings{"ReduceMax", 1}, Settings{"CumSum", 1},
    Settings{"Dropout", 1},   Settings{"Trilu", 1},
};

struct Use {
  const Node* node;
  std::size_t input;
};

const Role* role_of(const Use& use) {
  const auto found = std::find_if(roles.begin(), roles.end(), [&](const Role& role) {
    return role.op == use.node->op && role.input == use.input;
  });
  return found == roles.end() ? nullptr : found;
}

bool is_setting(const Use& use) {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const Settings& row) { return row.op == use.node->op && use.input >= row.from; });
}

/// Types of weights: floats, the bytes of quantized ones, and those that we cannot read and have to refuse.
bool may_be_weight(std::int32_t data_type) {
  constexpr std::array<std::int32_t, 9> integers = {4, 5,  6,  7, 8,
                                                    9, 12, 13, 0};  // u16 .. i64, strings, bool, none
  return std::find(integers.begin(), integers.end(), data_type) == integers.end();
}

/// "/model.0/fc/MatMul_1" as "model.0.fc.MatMul_1".
std::string dotted(std::string_view node) {
  std::string path(node.substr(node.starts_with('/') ? 1 : 0));
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

std::string join(const std::string& module, std::string_view parameter) {
  return module.empty() ? std::string(parameter) : module + "." + std::string(parameter);
}

/// "dp.flows.0.Exp" for what an exporter folded of `/dp/flows.0/Exp`; nothing for other tensors.
std::string folded_exponential(std::string_view tensor) {
  constexpr std::string_view ending = "/Exp_output_0";
  if (!tensor.starts_with('/') || !tensor.ends_with(ending) || tensor.size() == ending.size()) return {};
  return dotted(tensor.substr(0, tensor.size() - std::string_view("_output_0").size()));
}

using Uses = std::multimap<std::string_view, Use>;

Uses collect_uses(const Model& model) {
  std::set<std::string_view> names;
  for (const Tensor& tensor : model.tensors) names.insert(tensor.name);
  Uses uses;
  for (const Node& node : model.nodes)
    for (std::size_t input = 0; input < node.inputs.size(); ++input)
      if (names.contains(node.inputs[input])) uses.emplace(node.inputs[input], Use{&node, input});
  return uses;
}

/// The first use as a layer's parameter, or null.
const Use* parameter_use(const Uses& uses, std::string_view name) {
  const auto [first, last] = uses.equal_range(name);
  const auto found =
      std::find_if(first, last, [](const auto& item) { return role_of(item.second) != nullptr; });
  return found == last ? nullptr : &found->second;
}

bool is_only_a_setting(const Uses& uses, std::string_view name) {
  const auto [first, last] = uses.equal_range(name);
  return first != last && std::all_of(first, last, [](const auto& item) { return is_setting(item.second); });
}

/// The name by the node that uses the tensor, the first of the candidates that is free.
std::string name_by_use(const Tensor& tensor, const Use& use, const std::set<std::string>& taken) {
  const std::string_view parameter = role_of(use)->parameter;
  const bool has_path = use.node->name.starts_with('/');
  if (std::string name = join(module_of(use.node->name), parameter); has_path && !taken.contains(name))
    return name;
  if (std::string name = join(dotted(use.node->name), parameter);
      !use.node->name.empty() && !taken.contains(name))
    return name;
  return std::string(tensor.name);
}

}  // namespace

bool is_exporter_made(std::string_view name) {
  const bool is_number = name.find_first_not_of("0123456789") == std::string_view::npos;
  const bool is_constant = name.starts_with("Constant") && name.find('.') == std::string_view::npos;
  const bool is_value =
      name.starts_with("val_") && name.find_first_not_of("0123456789", 4) == std::string_view::npos;
  return is_number || is_constant || is_value || name.starts_with('/') || name.starts_with("onnx::");
}

std::string module_of(std::string_view node) {
  if (!node.starts_with('/')) return {};
  std::string module;
  std::string_view previous;
  node.remove_prefix(1);
  for (std::size_t end = node.find('/'); end != std::string_view::npos; end = node.find('/')) {
    const std::string_view part = node.substr(0, end);
    const bool repeats = !previous.empty() && part.size() > previous.size() && part.starts_with(previous) &&
                         part[previous.size()] == '.';
    if (repeats) module.resize(module.size() - previous.size());
    if (!repeats && !module.empty()) module += '.';
    module += part;
    previous = part;
    node.remove_prefix(end + 1);
  }
  return module;
}

std::vector<Weight> weights_of(const Model& model, const std::string& file) {
  const Uses uses = collect_uses(model);
  std::set<std::string_view> seen;
  std::set<std::string> taken;
  std::vector<Weight> weights;
  std::map<std::string_view, const Tensor*> by_name;  // of weights with names of their own, for Identity
  for (const Tensor& tensor : model.tensors) {
    const std::string own = checked_name(tensor.name, file, "a tensor name");
    if (!seen.insert(tensor.name).second) fail(Fault::bad_model, "{}: two tensors are named {}", file, own);
    if (!may_be_weight(tensor.data_type) || is_only_a_setting(uses, tensor.name)) continue;
    const bool is_parameter = parameter_use(uses, tensor.name) != nullptr;
    const std::string exponential = folded_exponential(tensor.name);
    const bool named = !is_exporter_made(tensor.name);
    if (!is_parameter && exponential.empty() && (!named || !tensor.initializer)) continue;
    weights.push_back({&tensor, named ? own : exponential});
    if (!named) continue;
    taken.insert(own);
    by_name.emplace(tensor.name, &tensor);
  }
  for (Weight& weight : weights) {  // after all names of their own are known
    if (!weight.name.empty()) continue;
    const Use& use = *parameter_use(uses, weight.tensor->name);
    weight.name = checked_name(name_by_use(*weight.tensor, use, taken), file, "a node name");
    weight.transpose = weight.tensor->dims.size() == 2 && use.input == 1 &&
                       (use.node->op == "MatMul" || (use.node->op == "Gemm" && !use.node->transposes_b));
    taken.insert(weight.name);
  }
  for (const Node& node : model.nodes) {
    if (node.op != "Identity" || node.inputs.size() != 1 || node.outputs.size() != 1) continue;
    const auto source = by_name.find(node.inputs.front());
    if (source == by_name.end() || is_exporter_made(node.outputs.front())) continue;
    std::string name = checked_name(node.outputs.front(), file, "a node output");
    if (taken.insert(name).second) weights.push_back({source->second, std::move(name)});
  }
  return weights;
}

}  // namespace lp::onnx
