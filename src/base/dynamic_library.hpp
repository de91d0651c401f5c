#pragma once
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>

namespace lp {

/// A shared library opened while the program runs, because it may be absent or has a licence of its own.
/// Stays loaded until the process ends: threads of a library cannot be stopped from outside.
class DynamicLibrary {
 public:
  /// The first of `names` that the system's loader finds; a name with a slash is a path. `needed_for` ends
  /// the sentence "... is needed for". @throws Error{unsupported} with the loader's reason.
  DynamicLibrary(std::initializer_list<std::string> names, const std::string& needed_for);

  /// Sets `function`, a pointer to a function of the library's C interface. @throws Error{unsupported} if the
  /// library has no such function.
  template <class Function>
  void find(Function*& function, const char* name) const {
    static_assert(std::is_function_v<Function>);
    function = reinterpret_cast<Function*>(address(name));
  }

 private:
  void* address(const char* name) const;

  void* handle_ = nullptr;
  std::string name_;
};

}  // namespace lp
