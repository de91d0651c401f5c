#pragma once
#include "backends/coreml/mil/weight_file.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lp::coreml::mil {

/// A value of a function: its number there, and its type.
struct Var {
  int id = -1;
  Type type;

  std::size_t rank() const { return type.sizes.size(); }
  std::int64_t size(std::size_t axis) const { return type.sizes.at(axis); }
};

/// A parameter of an operation, and what it is given: one value, or several for a list.
struct Argument {
  std::string_view parameter;
  std::vector<Var> values;
};

/// One function of a program under construction: operations in the order in which they run. Constants of ten
/// elements or more go to the weight file at once, smaller ones into the program (coremltools' rule, 9.0).
class Function {
 public:
  /// `version` of the specification decides where constants may lie.
  Function(WeightFile& weights, int version) : weights_(weights), version_(version) {}

  int version() const { return version_; }
  /// A parameter of the function, under its very name. @throws Error{bad_model} if that is no identifier, or
  /// taken.
  Var input(const std::string& name, const Type& type);

  /// What a state holds now.
  Var read_state(const std::string& hint, const Var& state);
  /// Leaves `data` in a state.
  void write_state(const std::string& hint, const Var& state, const Var& data);

  /// Appends an operation; results are called after `hint`. An `operation` without results changes a state.
  std::vector<Var> add(std::string_view operation, const std::string& hint,
                       const std::vector<Argument>& arguments, const std::vector<Type>& results);
  Var add(std::string_view operation, const std::string& hint, const std::vector<Argument>& arguments,
          const Type& result);

  /// A part of a weight that is kept in fewer bits: an operand of `add_weight`.
  struct Part {
    std::string_view parameter;
    Type type;
    std::span<const std::byte> data;
  };
  /// A constant that is made of its parts when the model is loaded: constexpr_affine_dequantize, ...
  Var add_weight(std::string_view operation, const std::string& hint, std::span<const Part> parts,
                 const Type& result);

  /// Constants. Equal small ones are the same value.
  Var constant(const std::string& hint, const Type& type, std::span<const std::byte> data);
  Var number(float value, Element element);
  Var integer(std::int64_t value);
  Var integers(std::span<const std::int64_t> values);
  Var boolean(bool value);
  Var text(std::string_view value);
  /// `var` under a name that the caller relies on. @throws Error{bad_model} if that is no identifier, or
  /// taken.
  void output(const std::string& name, const Var& var);

  /// Drops what nobody reads, and moves between shapes that undo or follow each other.
  void tidy();

  /// How many operations of each type there are, constants included.
  std::map<std::string, int> counts() const;
  /// Function of MIL.proto.
  std::string message() const;

 private:
  struct Operation {
    std::string type;
    std::vector<std::pair<std::string, std::vector<int>>> arguments;  // ids of values
    std::vector<std::pair<std::string, std::string>> literals;    // arguments that are Values, as messages
    std::vector<std::pair<std::string, std::string>> attributes;  // Values as messages
    std::vector<int> results;
  };
  struct Value {
    std::string hint;  // what it is called where that is free
    Type type;
    bool is_public = false;  // callers rely on the name
  };

  Var new_value(const std::string& hint, const Type& type);
  void make_public(int id, const std::string& name);
  Var constant_of(const std::string& hint, const Type& type, const std::string& value);
  /// Numbers as a Value: in the weight file or in the program.
  std::string value_of(const Type& type, std::span<const std::byte> data);
  std::vector<std::string> value_names() const;
  /// For each value, the operation that makes it; -1 for inputs.
  std::vector<int> makers() const;
  void merge_reshapes();
  void remove_unread();

  WeightFile& weights_;
  int version_;
  std::vector<int> inputs_, outputs_;
  std::vector<Operation> operations_;
  std::vector<Value> values_;
  std::map<std::string, int> small_;  // ids of small constants, by their messages
};

}  // namespace lp::coreml::mil
