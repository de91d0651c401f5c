#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Python's pickles as plain data. A pickle is a program for a stack machine; this machine builds values and
/// notes what the program wants called, and calls nothing.
/// Source of opcodes: CPython, Lib/pickletools.py (3.13).
namespace lp::pickle {

/// A value's number in its Tree. Values refer to each other by number, so that shared ones cost nothing,
/// circular ones do no harm, and nothing nested is destroyed recursively.
using Ref = std::uint32_t;
using Refs = std::vector<Ref>;

enum class Kind : std::uint8_t {
  none,
  boolean,
  integer,
  big_integer,  // beyond 64 bits; its digits are not kept
  real,
  text,  // str; as UTF-8, unchecked
  bytes,
  tuple,
  list,
  set,
  dict,
  global,      // a class or function by its name, "collections.OrderedDict"
  record,      // what a call would have made
  persistent,  // what its writer keeps elsewhere
};

/// What a call would have made: an object that is not there, only what was to go into it.
struct Record {
  Ref callable = 0, arguments = 0;
  std::optional<Ref> state;  // given by BUILD: the object's attributes
  Refs items;                // appended to it
  Refs pairs;                // set in it: key, value, key, value, ...
};

struct Value {
  Kind kind = Kind::none;
  /// By kind: boolean, integer, persistent (the Ref of its id); real; text, bytes, global; tuple, list, set
  /// (items) and dict (key, value, key, value, ...); record.
  std::variant<std::int64_t, double, std::string_view, Refs, std::unique_ptr<Record>> held;
};

/// The values of one pickle. Texts point into its bytes.
class Tree {
 public:
  const Value& operator[](Ref ref) const { return values_[ref]; }
  Ref root() const { return root_; }

  std::optional<std::int64_t> integer(Ref ref) const;
  std::optional<double> real(Ref ref) const;
  std::optional<std::string_view> text(Ref ref) const;
  std::optional<std::string_view> global(Ref ref) const;
  std::optional<Ref> persistent(Ref ref) const;
  /// Null for what is no record.
  const Record* record(Ref ref) const;
  /// The name of what a record's call would have called; "" for other values.
  std::string_view called(Ref ref) const;
  /// Of a tuple, list or set; none of other values.
  std::span<const Ref> items(Ref ref) const;
  /// Keys and values in turn, of a dict or a record; none of other values.
  std::span<const Ref> pairs(Ref ref) const;
  /// The last value under a key that is text; takes time linear in the number of pairs.
  std::optional<Ref> find(Ref dict, std::string_view key) const;

 private:
  friend class Machine;
  std::deque<Value> values_;
  std::set<std::string, std::less<>> globals_;  // texts of globals
  Ref root_ = 0;
};

/// Whether a pickle may ask for this to be called ("collections.OrderedDict"). It then becomes a Record.
using Allows = bool (*)(std::string_view callable);

/// Reads the first pickle in `bytes`, which must stay alive; `file` names it in messages.
/// @throws Error{bad_model} with one sentence if it is broken, larger than any checkpoint's, asks for a call
/// that `allows` does not, or has opcodes that protocols 2 to 5 do not write.
Tree parse(std::span<const std::byte> bytes, const std::string& file, Allows allows);

}  // namespace lp::pickle
