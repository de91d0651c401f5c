#include "formats/pickle.hpp"

#include "base/error.hpp"
#include "formats/bytes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace lp::pickle {
namespace {

// An honest checkpoint has about twenty values a tensor. Together these keep the memory for a hostile one
// below half a gigabyte.
constexpr std::size_t largest_pickle = std::size_t{64} << 20U;
constexpr std::size_t most_values = std::size_t{1} << 22U;
constexpr std::size_t most_items = std::size_t{1} << 24U;  // in all containers together
constexpr std::size_t deepest_stack = std::size_t{1} << 20U;
constexpr std::size_t longest_global = 1000;  // bytes of a module's or a class's name

/// The opcodes that protocols 2 to 5 write, those for objects of their older forms, and no others.
enum class Opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  dup = '2',
  binbytes = 'B',
  short_binbytes = 'C',
  binfloat = 'G',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  binpersid = 'Q',
  reduce = 'R',
  binstring = 'T',
  short_binstring = 'U',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  dict = 'd',
  appends = 'e',
  binget = 'h',
  inst = 'i',
  long_binget = 'j',
  list = 'l',
  obj = 'o',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  setitems = 'u',
  empty_dict = '}',
  empty_list = ']',
  empty_tuple = ')',
  proto = 0x80,
  newobj = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8A,
  long4 = 0x8B,
  short_binunicode = 0x8C,
  binunicode8 = 0x8D,
  binbytes8 = 0x8E,
  empty_set = 0x8F,
  additems = 0x90,
  frozenset = 0x91,
  newobj_ex = 0x92,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
  bytearray8 = 0x96
};

/// A name out of the file, made fit for a message.
std::string printable(std::string_view name) {
  constexpr std::size_t most = 100;
  std::string text(name.substr(0, most));
  for (char& c : text) c = c >= 0x20 && c < 0x7F ? c : '?';
  return name.size() > most ? text + "..." : text;
}

}  // namespace

std::optional<std::int64_t> Tree::integer(Ref ref) const {
  const Value& value = values_[ref];
  if (value.kind != Kind::integer && value.kind != Kind::boolean) return {};
  return std::get<std::int64_t>(value.held);
}

std::optional<double> Tree::real(Ref ref) const {
  const Value& value = values_[ref];
  if (value.kind != Kind::real) return {};
  return std::get<double>(value.held);
}

std::optional<std::string_view> Tree::text(Ref ref) const {
  const Value& value = values_[ref];
  if (value.kind != Kind::text) return {};
  return std::get<std::string_view>(value.held);
}

std::optional<std::string_view> Tree::global(Ref ref) const {
  const Value& value = values_[ref];
  if (value.kind != Kind::global) return {};
  return std::get<std::string_view>(value.held);
}

std::optional<Ref> Tree::persistent(Ref ref) const {
  const Value& value = values_[ref];
  if (value.kind != Kind::persistent) return {};
  return static_cast<Ref>(std::get<std::int64_t>(value.held));
}

const Record* Tree::record(Ref ref) const {
  const Value& value = values_[ref];
  return value.kind == Kind::record ? std::get<std::unique_ptr<Record>>(value.held).get() : nullptr;
}

std::string_view Tree::called(Ref ref) const {
  const Record* const made = record(ref);
  return made != nullptr ? global(made->callable).value_or("") : "";
}

std::span<const Ref> Tree::items(Ref ref) const {
  const Value& value = values_[ref];
  if (value.kind != Kind::tuple && value.kind != Kind::list && value.kind != Kind::set) return {};
  return std::get<Refs>(value.held);
}

std::span<const Ref> Tree::pairs(Ref ref) const {
  if (const Record* const made = record(ref)) return made->pairs;
  const Value& value = values_[ref];
  if (value.kind != Kind::dict) return {};
  return std::get<Refs>(value.held);
}

std::optional<Ref> Tree::find(Ref dict, std::string_view key) const {
  const std::span<const Ref> list = pairs(dict);
  for (std::size_t i = list.size(); i >= 2; i -= 2)
    if (text(list[i - 2]) == key) return list[i - 1];
  return {};
}

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& file, Allows allows)
      : in_(bytes, file), allows_(allows) {
    none_ = make(Kind::none, std::int64_t{0});
    false_ = make(Kind::boolean, std::int64_t{0});
    true_ = make(Kind::boolean, std::int64_t{1});
  }

  Tree run() {
    if (next<std::uint8_t>() != static_cast<std::uint8_t>(Opcode::proto))
      broken("it does not begin with a protocol");
    if (const auto protocol = next<std::uint8_t>(); protocol < 2 || protocol > 5)
      fail(Fault::unsupported, "{}: a pickle of protocol {}; those of 2 to 5 are read", in_.file(), protocol);
    while (true) {
      const auto opcode = static_cast<Opcode>(next<std::uint8_t>());
      if (opcode == Opcode::stop) break;
      const bool known = literal(opcode) || text(opcode) || container(opcode) || call(opcode) ||
                         stack(opcode) || memo(opcode);
      if (!known)
        fail(Fault::bad_model, "{}: opcode 0x{:02x} at byte {} of the pickle is none that PyTorch writes",
             in_.file(), static_cast<unsigned>(opcode), in_.position() - 1);
    }
    tree_.root_ = pop();
    return std::move(tree_);
  }

 private:
  [[noreturn]] void broken(std::string_view why) const {
    fail(Fault::bad_model, "{}: the pickle is broken at byte {}: {}", in_.file(), in_.position(), why);
  }

  [[noreturn]] void too_many(std::string_view what, std::size_t most) const {
    fail(Fault::bad_model, "{}: more than {} {} in the pickle, more than any checkpoint has", in_.file(),
         most, what);
  }

  template <class T>
  T next() {
    return in_.number<T>("the pickle");
  }

  std::string_view next_text(std::uint64_t size) { return as_text(in_.take(size, "the pickle")); }

  // Values and the stack.

  Ref make(Kind kind, decltype(Value::held) held) {
    if (tree_.values_.size() == most_values) too_many("values", most_values);
    tree_.values_.push_back({kind, std::move(held)});
    return static_cast<Ref>(tree_.values_.size() - 1);
  }

  void push(Ref ref) {
    if (stack_.size() == deepest_stack) too_many("values on the stack", deepest_stack);
    stack_.push_back(ref);
  }

  void push(Kind kind, decltype(Value::held) held) { push(make(kind, std::move(held))); }

  /// How many values the innermost mark leaves below it; those are out of reach.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  void require(std::size_t count) const {
    if (stack_.size() - floor() < count) broken("it takes from an empty stack");
  }

  Ref pop() {
    require(1);
    const Ref top = stack_.back();
    stack_.pop_back();
    return top;
  }

  Ref top() const {
    require(1);
    return stack_.back();
  }

  Refs pop_many(std::size_t count) {
    require(count);
    if (items_ + count > most_items) too_many("items", most_items);
    items_ += count;
    Refs taken(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return taken;
  }

  /// What lies above the innermost mark, which goes too.
  Refs pop_to_mark() {
    if (marks_.empty()) broken("it looks for a mark that is not there");
    Refs taken = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return taken;
  }

  // Groups of opcodes; each says whether the opcode is one of its own.

  bool literal(Opcode opcode) {
    switch (opcode) {
      case Opcode::none: push(none_); return true;
      case Opcode::newtrue: push(true_); return true;
      case Opcode::newfalse: push(false_); return true;
      case Opcode::binint: push(Kind::integer, std::int64_t{next<std::int32_t>()}); return true;
      case Opcode::binint1: push(Kind::integer, std::int64_t{next<std::uint8_t>()}); return true;
      case Opcode::binint2: push(Kind::integer, std::int64_t{next<std::uint16_t>()}); return true;
      case Opcode::long1: push_long(next<std::uint8_t>()); return true;
      case Opcode::long4: push_long(next<std::uint32_t>()); return true;
      case Opcode::binfloat: push_float(); return true;
      default: return false;
    }
  }

  /// A two's complement number of `size` bytes, least significant first.
  void push_long(std::uint32_t size) {
    const std::string_view digits = next_text(size);
    if (size > sizeof(std::int64_t)) return push(Kind::big_integer, std::int64_t{0});
    const bool negative = size > 0 && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
    std::array<char, sizeof(std::int64_t)> bytes{};
    bytes.fill(negative ? '\xFF' : '\0');
    std::copy(digits.begin(), digits.end(), bytes.begin());
    std::int64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    push(Kind::integer, number);
  }

  /// The only numbers of a pickle that are big-endian.
  void push_float() {
    std::array<char, sizeof(double)> bytes{};
    const std::string_view digits = next_text(bytes.size());
    std::copy(digits.rbegin(), digits.rend(), bytes.begin());
    double number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    push(Kind::real, number);
  }

  bool text(Opcode opcode) {
    switch (opcode) {
      case Opcode::short_binunicode:
      case Opcode::short_binstring: push(Kind::text, next_text(next<std::uint8_t>())); return true;
      case Opcode::binunicode:
      case Opcode::binstring: push(Kind::text, next_text(next<std::uint32_t>())); return true;
      case Opcode::binunicode8: push(Kind::text, next_text(next<std::uint64_t>())); return true;
      case Opcode::short_binbytes: push(Kind::bytes, next_text(next<std::uint8_t>())); return true;
      case Opcode::binbytes: push(Kind::bytes, next_text(next<std::uint32_t>())); return true;
      case Opcode::binbytes8:
      case Opcode::bytearray8: push(Kind::bytes, next_text(next<std::uint64_t>())); return true;
      default: return false;
    }
  }

  bool container(Opcode opcode) {
    switch (opcode) {
      case Opcode::empty_tuple: push(Kind::tuple, Refs{}); return true;
      case Opcode::tuple1: push(Kind::tuple, pop_many(1)); return true;
      case Opcode::tuple2: push(Kind::tuple, pop_many(2)); return true;
      case Opcode::tuple3: push(Kind::tuple, pop_many(3)); return true;
      case Opcode::tuple: push(Kind::tuple, pop_to_mark()); return true;
      case Opcode::empty_list: push(Kind::list, Refs{}); return true;
      case Opcode::list: push(Kind::list, pop_to_mark()); return true;
      case Opcode::empty_set: push(Kind::set, Refs{}); return true;
      case Opcode::frozenset: push(Kind::set, pop_to_mark()); return true;
      case Opcode::empty_dict: push(Kind::dict, Refs{}); return true;
      case Opcode::dict: push(Kind::dict, paired(pop_to_mark())); return true;
      case Opcode::append: add_items(pop_many(1)); return true;
      case Opcode::appends:
      case Opcode::additems: add_items(pop_to_mark()); return true;
      case Opcode::setitem: add_pairs(pop_many(2)); return true;
      case Opcode::setitems: add_pairs(pop_to_mark()); return true;
      default: return false;
    }
  }

  Refs paired(Refs list) const {
    if (list.size() % 2 != 0) broken("a key of a dict has no value");
    return list;
  }

  void add_items(const Refs& added) {
    Value& to = tree_.values_[top()];
    if (to.kind != Kind::list && to.kind != Kind::set && to.kind != Kind::record)
      broken("it appends to what is no list");
    Refs& items =
        to.kind == Kind::record ? std::get<std::unique_ptr<Record>>(to.held)->items : std::get<Refs>(to.held);
    items.insert(items.end(), added.begin(), added.end());
  }

  void add_pairs(const Refs& added) {
    Value& to = tree_.values_[top()];
    if (to.kind != Kind::dict && to.kind != Kind::record) broken("it sets a key of what is no dict");
    Refs& pairs =
        to.kind == Kind::record ? std::get<std::unique_ptr<Record>>(to.held)->pairs : std::get<Refs>(to.held);
    const Refs checked = paired(added);
    pairs.insert(pairs.end(), checked.begin(), checked.end());
  }

  bool call(Opcode opcode) {
    switch (opcode) {
      case Opcode::global: push(next_global()); return true;
      case Opcode::stack_global: push_stack_global(); return true;
      case Opcode::newobj_ex: pop(); [[fallthrough]];  // without its keyword arguments
      case Opcode::newobj:
      case Opcode::reduce: {
        const Ref arguments = pop();
        push_record(pop(), arguments);
        return true;
      }
      case Opcode::inst: {
        const Ref callable = next_global();
        push_record(callable, make(Kind::tuple, pop_to_mark()));
        return true;
      }
      case Opcode::obj: {
        Refs parts = pop_to_mark();
        if (parts.empty()) broken("it makes an object of no class");
        const Ref callable = parts.front();
        parts.erase(parts.begin());
        push_record(callable, make(Kind::tuple, std::move(parts)));
        return true;
      }
      case Opcode::build: {
        const Ref state = pop();
        const Value& object = tree_.values_[top()];
        if (object.kind != Kind::record) broken("it gives attributes to what is no object");
        std::get<std::unique_ptr<Record>>(object.held)->state = state;
        return true;
      }
      case Opcode::binpersid: push(Kind::persistent, std::int64_t{pop()}); return true;
      default: return false;
    }
  }

  std::string next_line() {
    std::string line;
    for (auto c = next<char>(); c != '\n'; c = next<char>()) {
      if (line.size() == longest_global) broken("a name has no end");
      line += c;
    }
    return line;
  }

  Ref make_global(std::string name) {
    const std::string& kept = *tree_.globals_.insert(std::move(name)).first;
    return make(Kind::global, std::string_view(kept));
  }

  Ref next_global() {
    const std::string module_name = next_line();
    return make_global(module_name + "." + next_line());
  }

  void push_stack_global() {
    const auto name = tree_.text(pop());
    const auto module_name = tree_.text(pop());
    if (!name || !module_name || name->size() > longest_global || module_name->size() > longest_global)
      broken("a class has no name");
    push(make_global(std::string(*module_name) + "." + std::string(*name)));
  }

  void push_record(Ref callable, Ref arguments) {
    const auto name = tree_.global(callable);
    if (!name || !allows_(*name))
      fail(Fault::bad_model,
           "{}: it would call {}; this is not a plain checkpoint, and nothing of it was run; if you trust "
           "its maker, ask for the state_dict alone, saved by torch.save",
           in_.file(), name ? "`" + printable(*name) + "`" : "what it has made itself");
    push(Kind::record, std::make_unique<Record>(Record{callable, arguments, {}, {}, {}}));
  }

  bool stack(Opcode opcode) {
    switch (opcode) {
      case Opcode::mark:
        if (marks_.size() == deepest_stack) too_many("marks", deepest_stack);
        marks_.push_back(stack_.size());
        return true;
      case Opcode::pop:
        if (stack_.size() > floor()) {
          stack_.pop_back();
        } else {
          pop_to_mark();
        }
        return true;
      case Opcode::pop_mark: pop_to_mark(); return true;
      case Opcode::dup: push(top()); return true;
      case Opcode::proto: next<std::uint8_t>(); return true;
      case Opcode::frame: next<std::uint64_t>(); return true;
      default: return false;
    }
  }

  bool memo(Opcode opcode) {
    switch (opcode) {
      case Opcode::binput: remember(next<std::uint8_t>()); return true;
      case Opcode::long_binput: remember(next<std::uint32_t>()); return true;
      case Opcode::memoize: remember(memo_.size()); return true;
      case Opcode::binget: recall(next<std::uint8_t>()); return true;
      case Opcode::long_binget: recall(next<std::uint32_t>()); return true;
      default: return false;
    }
  }

  void remember(std::size_t place) {
    if (place >= most_values) too_many("remembered values", most_values);
    if (place >= memo_.size()) memo_.resize(place + 1, nothing);
    memo_[place] = top();
  }

  void recall(std::size_t place) {
    if (place >= memo_.size() || memo_[place] == nothing) broken("it recalls what it never remembered");
    push(memo_[place]);
  }

  static constexpr Ref nothing = std::numeric_limits<Ref>::max();

  ByteReader in_;
  Allows allows_;
  Tree tree_;
  Refs stack_, memo_;
  std::vector<std::size_t> marks_;
  std::size_t items_ = 0;
  Ref none_ = 0, false_ = 0, true_ = 0;
};

Tree parse(std::span<const std::byte> bytes, const std::string& file, Allows allows) {
  if (bytes.size() > largest_pickle)
    fail(Fault::bad_model, "{}: a pickle of {} MB beside the weights; at most {} are read", file,
         bytes.size() >> 20U, largest_pickle >> 20U);
  return Machine(bytes, file, allows).run();
}

}  // namespace lp::pickle
