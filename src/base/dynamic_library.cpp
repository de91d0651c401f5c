#include "base/dynamic_library.hpp"

#include "base/error.hpp"

#include <dlfcn.h>

#include <string_view>

namespace lp {
namespace {

std::string reason() {
  const char* const text = ::dlerror();  // NOLINT(concurrency-mt-unsafe): each thread has its own
  return text == nullptr ? "no reason given" : text;
}

}  // namespace

DynamicLibrary::DynamicLibrary(std::initializer_list<std::string> names, const std::string& needed_for) {
  std::string first_reason;
  for (const std::string& name : names) {
    handle_ = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) {
      name_ = name;
      return;
    }
    const std::string why = reason();
    if (first_reason.empty()) first_reason = why;
  }
  fail(Fault::unsupported, "{} is needed for {}: {}", names.size() == 0 ? "a library" : *names.begin(),
       needed_for, first_reason);
}

void* DynamicLibrary::address(const char* name) const {
  void* const found = ::dlsym(handle_, name);
  if (found == nullptr) fail(Fault::unsupported, "{} has no {}: {}", name_, name, reason());
  return found;
}

}  // namespace lp
