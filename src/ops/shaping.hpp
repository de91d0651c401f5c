#pragma once
#include "ops/op_list.hpp"
#include "ops/signature.hpp"

namespace lp::op {

struct Slice {
  static constexpr std::string_view name = "slice";
  static constexpr std::string_view doc = "`size` elements of one axis, from `from` on.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string axis;
  std::int64_t from = 0, size = 0;

  static void fields(auto& self, auto&& field) {
    field("axis", self.axis);
    field("from", self.from);
    field("size", self.size);
  }
  Shape output(InputShapes inputs) const;
};

struct Concat {
  static constexpr std::string_view name = "concat";
  static constexpr std::string_view doc =
      "Tensors one after the other along one axis; all other sizes agree.";
  static constexpr std::string_view signature = "part[*]... -> [*]";
  std::string axis;

  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
  Shape output(InputShapes inputs) const;
};

struct Flatten {
  static constexpr std::string_view name = "flatten";
  static constexpr std::string_view doc =
      "Neighbouring axes `first` to `last` become one, called `into`; the order of elements stays.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string first, last, into;

  static void fields(auto& self, auto&& field) {
    field("first", self.first);
    field("last", self.last);
    field("into", self.into);
  }
  Shape output(InputShapes inputs) const;
};

struct Unflatten {
  static constexpr std::string_view name = "unflatten";
  static constexpr std::string_view doc =
      "One axis becomes two, `first` of `size` and `second` of the rest; the order of elements stays.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string axis, first, second;
  std::int64_t size = 1;

  static void fields(auto& self, auto&& field) {
    field("axis", self.axis);
    field("first", self.first);
    field("second", self.second);
    field("size", self.size);
  }
  Shape output(InputShapes inputs) const;
};

struct Transpose {
  static constexpr std::string_view name = "transpose";
  static constexpr std::string_view doc = "The axes in another order, given by their names: `order` = c,n,s.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string order;

  static void fields(auto& self, auto&& field) { field("order", self.order); }
  Shape output(InputShapes inputs) const;
  /// Positions of the axes of `x` in their new order. @throws Error{bad_model} if `order` is not all of them.
  std::vector<std::size_t> positions(const Shape& x) const;
};

struct Repeat {
  static constexpr std::string_view name = "repeat";
  static constexpr std::string_view doc = "An axis of size 1 as `times` equal elements.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string axis;
  std::int64_t times = 1;

  static void fields(auto& self, auto&& field) {
    field("axis", self.axis);
    field("times", self.times);
  }
  Shape output(InputShapes inputs) const;
};

struct Flip {
  static constexpr std::string_view name = "flip";
  static constexpr std::string_view doc = "The elements of one axis in reverse order.";
  static constexpr std::string_view signature = "x[*] -> [*]";
  std::string axis;

  static void fields(auto& self, auto&& field) { field("axis", self.axis); }
  Shape output(InputShapes inputs) const;
};

using ShapingOps = OpList<Slice, Concat, Flatten, Unflatten, Transpose, Repeat, Flip>;

}  // namespace lp::op
