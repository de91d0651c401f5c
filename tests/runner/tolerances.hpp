#pragma once
#include "base/dtype.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace lp {

/// How far a backend's result may be from what is expected: the one table, tests/tolerances.txt. Lines:
/// backend, type, glob over ops, relative RMS, reason. The first that matches counts.
class Tolerances {
 public:
  /// @throws Error{bad_input} naming the line.
  explicit Tolerances(const std::filesystem::path& file);
  /// @throws Error{bad_input} if no line covers it.
  double find(std::string_view backend, DType type, std::string_view op) const;

 private:
  struct Row {
    std::string backend, type, op;
    double relative_rms;
  };
  std::vector<Row> rows_;
};

}  // namespace lp
