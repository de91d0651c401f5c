#pragma once
#include "base/dtype.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lp {

/// How far a backend's result may be from what is expected: the one table, tests/tolerances.txt. Lines:
/// backend, type, glob over ops, relative RMS, reason. The first that matches counts.
class Tolerances {
 public:
  /// @throws Error{bad_input} naming the line.
  explicit Tolerances(const std::filesystem::path& file);
  /// Nothing where the table says that the backend does not compute the op in that type.
  /// @throws Error{bad_input} if no line covers it.
  std::optional<double> find(std::string_view backend, DType type, std::string_view op) const;

 private:
  struct Row {
    std::string backend, type, op;
    std::optional<double> relative_rms;
  };
  std::vector<Row> rows_;
};

}  // namespace lp
