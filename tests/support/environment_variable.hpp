#pragma once
#include <cstdlib>
#include <string>

namespace lp::test {

/// A variable of the environment that has a value for as long as this object lives, and its own afterwards.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name); before != nullptr) {
      was_set_ = true;
      before_ = before;
    }
    ::setenv(name, value.c_str(), 1);
  }
  ~EnvironmentVariable() { was_set_ ? ::setenv(name_, before_.c_str(), 1) : ::unsetenv(name_); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool was_set_ = false;
};

}  // namespace lp::test
