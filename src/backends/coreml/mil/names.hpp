#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace lp::coreml::mil {

/// Whether a name may stand in a program: a letter or _, then letters, digits and _, and no word of the
/// language.
bool is_identifier(std::string_view name);

/// Hands out names that no other value of a function has.
class Names {
 public:
  /// Whether the name was free; it is taken from now on.
  bool take(const std::string& name) { return taken_.insert(name).second; }
  /// A name like `hint`: other letters become _, and a number follows where it is taken.
  std::string free(std::string_view hint);

 private:
  std::set<std::string, std::less<>> taken_;
  std::map<std::string, int, std::less<>> next_;
};

}  // namespace lp::coreml::mil
