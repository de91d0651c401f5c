#include "backends/coreml/mil/function.hpp"

#include "backends/coreml/mil/names.hpp"
#include "backends/coreml/mil/wire.hpp"
#include "base/dtype.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <optional>

namespace lp::coreml::mil {
namespace {

using protozero::pbf_writer;

/// The version of the specification from which on whole numbers may lie in the weight file.
constexpr int version_of_whole_numbers = 9;
/// That from which on weights in fewer bits have their parts as arguments; before they are attributes.
constexpr int version_of_literals = 9;
constexpr std::int64_t fewest_stored = 10;  // elements

bool is_stored(const Type& type, int version) {
  const Element element = type.element;
  if (codes(element).file == 0 || elements(type.sizes) < fewest_stored) return false;
  const bool is_usual =
      element == Element::f16 || element == Element::f32 || element == Element::i8 || element == Element::u8;
  return is_usual || version >= version_of_whole_numbers;
}

/// An argument that is a Value itself.
std::string literal_message(const std::string& value) {
  std::string binding, argument;
  pbf_writer(binding).add_message(2, value);
  pbf_writer(argument).add_message(1, binding);
  return argument;
}

/// An argument that names values.
std::string binding_message(const std::vector<std::string>& names) {
  std::string argument;
  pbf_writer writer(argument);
  for (const std::string& name : names) {
    std::string binding;
    pbf_writer(binding).add_string(1, name);
    writer.add_message(1, binding);
  }
  return argument;
}

}  // namespace

Var Function::new_value(const std::string& hint, const Type& type) {
  values_.push_back({hint, type});
  return {static_cast<int>(values_.size()) - 1, type};
}

void Function::make_public(int id, const std::string& name) {
  if (!is_identifier(name)) fail(Fault::bad_model, "`{}` can be no name in a Core ML program", name);
  for (const Value& value : values_)
    if (value.is_public && value.hint == name)
      fail(Fault::bad_model, "two inputs or outputs of a Core ML program are called `{}`", name);
  Value& value = values_[static_cast<std::size_t>(id)];
  value.hint = name;
  value.is_public = true;
}

Var Function::input(const std::string& name, const Type& type) {
  const Var var = new_value(name, type);
  make_public(var.id, name);
  inputs_.push_back(var.id);
  return var;
}

Var Function::read_state(const std::string& hint, const Var& state) {
  return add("read_state", hint, {{"input", {state}}}, {state.type.element, state.type.sizes});
}

void Function::write_state(const std::string& hint, const Var& state, const Var& data) {
  add("write_state", hint, {{"input", {state}}, {"data", {data}}}, std::vector<Type>{});
}

void Function::output(const std::string& name, const Var& var) {
  // A value that has a public name keeps it; a constant may be shared.
  const bool constant = std::any_of(operations_.begin(), operations_.end(), [&](const Operation& operation) {
    return operation.type == "const" && operation.results.front() == var.id;
  });
  const bool named = constant || values_[static_cast<std::size_t>(var.id)].is_public;
  const int id = named ? add("identity", name, {{"x", {var}}}, var.type).id : var.id;
  make_public(id, name);
  outputs_.push_back(id);
}

std::vector<Var> Function::add(std::string_view operation, const std::string& hint,
                               const std::vector<Argument>& arguments, const std::vector<Type>& results) {
  Operation made{.type = std::string(operation)};
  for (const Argument& argument : arguments) {
    std::vector<int> ids;
    ids.reserve(argument.values.size());
    for (const Var& var : argument.values) ids.push_back(var.id);
    made.arguments.emplace_back(argument.parameter, std::move(ids));
  }
  std::vector<Var> vars;
  vars.reserve(results.size());
  for (const Type& result : results) {
    vars.push_back(new_value(hint, result));
    made.results.push_back(vars.back().id);
  }
  operations_.push_back(std::move(made));
  return vars;
}

Var Function::add(std::string_view operation, const std::string& hint, const std::vector<Argument>& arguments,
                  const Type& result) {
  return add(operation, hint, arguments, std::vector<Type>{result}).front();
}

Var Function::constant_of(const std::string& hint, const Type& type, const std::string& value) {
  const Var var = new_value(hint, type);
  operations_.push_back({.type = "const", .attributes = {{"val", value}}, .results = {var.id}});
  return var;
}

std::string Function::value_of(const Type& type, std::span<const std::byte> data) {
  LP_ASSERT(data.size() == size_bytes(type));
  return is_stored(type, version_) ? stored_message(type, weights_.write(type, data))
                                   : immediate_message(type, data);
}

Var Function::add_weight(std::string_view operation, const std::string& hint, std::span<const Part> parts,
                         const Type& result) {
  const Var var = new_value(hint, result);
  Operation made{.type = std::string(operation), .results = {var.id}};
  auto& operands = version_ >= version_of_literals ? made.literals : made.attributes;
  for (const Part& part : parts) operands.emplace_back(part.parameter, value_of(part.type, part.data));
  operations_.push_back(std::move(made));
  return var;
}

Var Function::constant(const std::string& hint, const Type& type, std::span<const std::byte> data) {
  const std::string value = value_of(type, data);
  if (is_stored(type, version_)) return constant_of(hint, type, value);
  const auto known = small_.find(value);
  if (known != small_.end()) return {known->second, type};
  const Var var = constant_of(hint, type, value);
  small_.emplace(value, var.id);
  return var;
}

Var Function::number(float value, Element element) {
  if (element == Element::f32)
    return constant("number", {.element = element}, std::as_bytes(std::span(&value, 1)));
  const std::uint16_t half = float_to_half(value);
  return constant("number", {.element = element}, std::as_bytes(std::span(&half, 1)));
}

Var Function::integer(std::int64_t value) {
  const auto narrow = static_cast<std::int32_t>(value);
  return constant("integer", {.element = Element::i32}, std::as_bytes(std::span(&narrow, 1)));
}

Var Function::integers(std::span<const std::int64_t> values) {
  const std::vector<std::int32_t> narrow(values.begin(), values.end());
  // A list of sizes stands in the program, however long it is.
  const Type type{.element = Element::i32, .sizes = {static_cast<std::int64_t>(narrow.size())}};
  LP_ASSERT(type.sizes.front() < fewest_stored);
  return constant("integers", type, std::as_bytes(std::span(narrow)));
}

Var Function::boolean(bool value) {
  const std::uint8_t byte = value ? 1 : 0;
  return constant("boolean", {.element = Element::boolean}, std::as_bytes(std::span(&byte, 1)));
}

Var Function::text(std::string_view value) {
  const std::string message = text_message(value);
  const auto known = small_.find(message);
  const Type type{.element = Element::text};
  if (known != small_.end()) return {known->second, type};
  const Var var = constant_of("text", type, message);
  small_.emplace(message, var.id);
  return var;
}

std::map<std::string, int> Function::counts() const {
  std::map<std::string, int> counts;
  for (const Operation& operation : operations_) ++counts[operation.type];
  return counts;
}

std::vector<std::string> Function::value_names() const {
  Names names;
  for (const Value& value : values_)
    if (value.is_public) names.take(value.hint);
  std::vector<std::string> found;
  found.reserve(values_.size());
  for (const Value& value : values_) found.push_back(value.is_public ? value.hint : names.free(value.hint));
  return found;
}

std::string Function::message() const {
  const std::vector<std::string> names = value_names();
  const auto name_of = [&](int id) { return names[static_cast<std::size_t>(id)]; };
  const auto named = [&](int id) {
    return named_type_message(name_of(id), values_[static_cast<std::size_t>(id)].type);
  };
  Names nameless;  // operations without results have names of their own
  std::string block;
  pbf_writer block_writer(block);
  for (const int id : outputs_) block_writer.add_string(2, name_of(id));
  for (const Operation& operation : operations_) {
    std::string message;
    pbf_writer writer(message);
    writer.add_string(1, operation.type);
    for (const auto& [parameter, ids] : operation.arguments) {
      std::vector<std::string> given;
      given.reserve(ids.size());
      for (const int id : ids) given.push_back(name_of(id));
      writer.add_message(2, entry_message(parameter, binding_message(given)));
    }
    for (const auto& [parameter, value] : operation.literals)
      writer.add_message(2, entry_message(parameter, literal_message(value)));
    for (const int id : operation.results) writer.add_message(3, named(id));
    const std::string own = operation.results.empty() ? nameless.free("op_" + operation.type)
                                                      : name_of(operation.results.front());
    writer.add_message(5, entry_message("name", text_message(own)));
    for (const auto& [attribute, value] : operation.attributes)
      writer.add_message(5, entry_message(attribute, value));
    block_writer.add_message(3, message);
  }
  const std::string opset = fmt::format("CoreML{}", version_ - 1);
  std::string function;
  pbf_writer writer(function);
  for (const int id : inputs_) writer.add_message(1, named(id));
  writer.add_string(2, opset);
  writer.add_message(3, entry_message(opset, block));
  return function;
}

}  // namespace lp::coreml::mil
