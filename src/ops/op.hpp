#pragma once
#include "ops/attribute.hpp"
#include "ops/signature.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace lp {

/// One operation with its attributes, of any type that describes itself:
///   static constexpr std::string_view name, doc, signature;
///   static void fields(auto& self, auto&& field)   calls field("stride", self.stride) for each attribute
///   void infer(Dims&) const                        optional: checks, and sizes the signature does not settle
///   Shape output(InputShapes) const                instead of infer, where no signature can say it
///   double flops(InputShapes, const Shape&) const  optional: multiply-adds times two, where they are the
///   cost
///   static constexpr int updates                   optional: position of the state that the result replaces
/// Immutable; copies are cheap and share it.
class Op {
 public:
  template <class O>
    requires requires { O::signature; }
  Op(O op)  // NOLINT(google-explicit-constructor): an op stands wherever an Op is taken
      : held_(std::make_shared<const Holder<O>>(std::move(op))) {}

  std::string_view name() const { return held_->name(); }
  std::string_view signature() const { return held_->signature(); }
  const std::type_info& type() const { return held_->type(); }
  /// The op as an `O`, or null if it is another.
  template <class O>
  const O* as() const {
    return type() == typeid(O) ? &static_cast<const Holder<O>&>(*held_).op : nullptr;
  }
  /// Position of the input, a state, in whose memory the result lies from then on; -1 for an op that changes
  /// none.
  int updates() const { return held_->updates(); }
  /// Attributes in order, as text: {"stride", "2"}.
  std::vector<Attribute> attributes() const { return held_->attributes(); }
  /// Checks the inputs and gives the output's shape. @throws Error{bad_model} naming op, input, axis and both
  /// sizes.
  Shape infer(InputShapes inputs) const { return held_->infer(inputs); }
  /// Multiply-adds of one run, times two; 0 for what only moves or maps values.
  double flops(InputShapes inputs, const Shape& output) const { return held_->flops(inputs, output); }

 private:
  struct Held {
    virtual ~Held() = default;
    virtual std::string_view name() const = 0;
    virtual std::string_view signature() const = 0;
    virtual const std::type_info& type() const = 0;
    virtual int updates() const = 0;
    virtual std::vector<Attribute> attributes() const = 0;
    virtual Shape infer(InputShapes inputs) const = 0;
    virtual double flops(InputShapes inputs, const Shape& output) const = 0;
  };
  template <class O>
  struct Holder final : Held {
    explicit Holder(O value) : op(std::move(value)) {}
    std::string_view name() const override { return O::name; }
    std::string_view signature() const override { return O::signature; }
    const std::type_info& type() const override { return typeid(O); }
    int updates() const override {
      if constexpr (requires { O::updates; }) return O::updates;
      return -1;
    }
    std::vector<Attribute> attributes() const override { return attributes_of(op); }
    Shape infer(InputShapes inputs) const override {
      if constexpr (requires { op.output(inputs); }) {
        return op.output(inputs);
      } else {
        Dims dims = match(O::name, O::signature, inputs);
        if constexpr (requires { op.infer(dims); }) op.infer(dims);
        return lp::output(O::signature, dims);
      }
    }
    double flops(InputShapes inputs, const Shape& output) const override {
      if constexpr (requires { op.flops(inputs, output); }) return op.flops(inputs, output);
      return 0;
    }
    O op;
  };
  std::shared_ptr<const Held> held_;
};

}  // namespace lp
