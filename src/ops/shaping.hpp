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

using ShapingOps = OpList<Slice, Concat, Flatten>;

}  // namespace lp::op
