#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace lp {

/// What went wrong, coarse enough for an exit status or an HTTP status.
enum class Fault { bad_model, bad_input, not_found, unsupported, usage, io, out_of_memory, internal };

/// The one exception type. `what()` is a sentence for a person; `fault()` is for the program.
class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& text) : std::runtime_error(text), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

/// Throws an Error with a formatted sentence.
template <class... Args>
[[noreturn]] void fail(Fault fault, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(fault, fmt::format(text, std::forward<Args>(args)...));
}

/// The name of a fault as it stands in `--json` errors: "bad_model", "bad_input", ...
std::string_view name(Fault fault);

/// Ends the program with the place of a mistake of ours. No input, file or request may reach one.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

#define LP_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::lp::assertion_failed(#condition, __FILE__, __LINE__))

}  // namespace lp
