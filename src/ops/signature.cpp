#include "ops/signature.hpp"

#include "base/error.hpp"

namespace lp {
namespace {

struct Arg {
  std::string name;
  bool optional = false, integer = false;
  std::vector<std::string> axes = {};
};

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(' ');
  if (from == std::string_view::npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(' ') - from + 1));
}

std::vector<Arg> parse(std::string_view text) {
  std::vector<Arg> args;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find('[', at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find(']', open);
    Arg arg{.name = trimmed(text.substr(at, open - at))};
    if (constexpr std::string_view mark = ":int"; arg.name.ends_with(mark)) {
      arg.integer = true;
      arg.name.resize(arg.name.size() - mark.size());
    }
    if (arg.name.ends_with('?')) {
      arg.optional = true;
      arg.name.pop_back();
    }
    for (std::size_t from = open + 1; from < close;) {
      const std::size_t to = std::min(text.find(',', from), close);
      arg.axes.push_back(trimmed(text.substr(from, to - from)));
      from = to + 1;
    }
    args.push_back(std::move(arg));
    at = close + 1;
  }
  return args;
}

/// Binds the axes of one input; `seen` remembers which input bound a letter first, for the error's wording.
class Matcher {
 public:
  explicit Matcher(std::string_view op) : op_(op) {}

  void bind(const Arg& arg, const Shape& shape) {
    const bool star = !arg.axes.empty() && arg.axes.front() == "*";
    const std::size_t named = arg.axes.size() - (star ? 1 : 0);
    if (star ? shape.size() < named : shape.size() != named)
      fail(Fault::bad_model, "{}: `{}` has {} axes {}, expected {}{}", op_, arg.name, shape.size(),
           text(shape), star ? "at least " : "", named);
    const std::size_t skip = shape.size() - named;
    if (star) bind_rest(arg, shape, skip);
    for (std::size_t a = 0; a < named; ++a) bind_letter(arg, arg.axes[a + (star ? 1 : 0)], shape[skip + a]);
  }

  Dims dims;

 private:
  void bind_rest(const Arg& arg, const Shape& shape, std::size_t skip) {
    const Shape rest(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(skip));
    if (first_star_.empty()) {
      dims.rest = rest;
      first_star_ = arg.name;
      first_shape_ = shape;
    } else if (!same_sizes(dims.rest, rest)) {
      fail(Fault::bad_model, "{}: `{}` is {}, but `{}` is {}", op_, arg.name, text(shape), first_star_,
           text(first_shape_));
    }
  }

  void bind_letter(const Arg& arg, const std::string& letter, const Axis& axis) {
    const auto [it, fresh] = dims.bound.emplace(letter, axis);
    if (fresh)
      seen_[letter] = arg.name;
    else if (it->second.size != axis.size)
      fail(Fault::bad_model, "{}: `{}` has {} = {}, but `{}` has {} = {}", op_, arg.name, letter,
           axis.size.text(), seen_[letter], letter, it->second.size.text());
  }

  std::string_view op_;
  std::map<std::string, std::string> seen_;
  std::string first_star_;
  Shape first_shape_;
};

}  // namespace

std::int64_t size_of(InputShapes inputs, std::size_t input, std::size_t axis) {
  if (input >= inputs.size()) fail(Fault::bad_model, "input {} is missing", input);
  const std::optional<Shape>& shape = inputs[input];
  if (!shape) fail(Fault::bad_model, "input {} is missing", input);
  return shape->at(axis).size.size();
}

Dims match(std::string_view op, std::string_view signature, InputShapes inputs) {
  const auto args = parse(signature.substr(0, signature.find("->")));
  if (inputs.size() > args.size())
    fail(Fault::bad_model, "{}: {} inputs given, it takes {}", op, inputs.size(), args.size());
  Matcher matcher(op);
  const std::optional<Shape> nothing;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::optional<Shape>& given = i < inputs.size() ? inputs[i] : nothing;
    if (given)
      matcher.bind(args[i], *given);
    else if (!args[i].optional)
      fail(Fault::bad_model, "{}: input `{}` is missing", op, args[i].name);
  }
  return std::move(matcher.dims);
}

Shape output(std::string_view signature, const Dims& dims) {
  const auto promised = parse(signature.substr(signature.find("->") + 2));
  Shape shape;
  for (const std::string& axis : promised.at(0).axes) {
    if (axis == "*")
      shape.insert(shape.end(), dims.rest.begin(), dims.rest.end());
    else if (const std::size_t equals = axis.find('='); equals != std::string::npos)
      shape.push_back({axis.substr(0, equals), dims.at(axis.substr(equals + 1))});
    else
      shape.push_back(dims.bound.find(axis)->second);
  }
  return shape;
}

std::vector<std::string> input_names(std::string_view signature) {
  std::vector<std::string> names;
  for (const Arg& arg : parse(signature.substr(0, signature.find("->")))) names.push_back(arg.name);
  return names;
}

bool takes_integers(std::string_view signature, std::size_t input) {
  const std::vector<Arg> args = parse(signature.substr(0, signature.find("->")));
  return input < args.size() && args[input].integer;
}

}  // namespace lp
