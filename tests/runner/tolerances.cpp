#include "runner/tolerances.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <fstream>
#include <sstream>

namespace lp {

Tolerances::Tolerances(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) fail(Fault::io, "{}: cannot be read", file.string());
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    Row row;
    std::string allowed, reason;
    const bool complete = static_cast<bool>(words >> row.backend >> row.type >> row.op >> allowed >> reason);
    row.relative_rms = parse_real(allowed);
    if (!complete || (!row.relative_rms && allowed != "none"))
      fail(Fault::bad_input, "{}: `{}` is not: backend type op-glob relative-rms reason", file.string(),
           line);
    rows_.push_back(row);
  }
}

std::optional<double> Tolerances::find(std::string_view backend, DType type, std::string_view op) const {
  for (const Row& row : rows_)
    if (row.backend == backend && row.type == name(type) && glob_match(row.op, op)) return row.relative_rms;
  fail(Fault::bad_input, "no tolerance for {} {} {}", backend, name(type), op);
}

}  // namespace lp
