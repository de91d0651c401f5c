#include "base/error.hpp"
#include "runtime/session.hpp"

namespace lp {
namespace {

Support fits(const Backend& backend, const std::optional<DType>& precision) {
  if (Support available = backend.available(); !available) return available;
  return precision ? backend.computes(*precision) : Support{};
}

/// Half the bytes and twice the multiply-adds, where the runtime has it; else F32.
Placement best_precision(const Backend& backend) {
  const Support bf16 = backend.computes(DType::bf16);
  if (bf16)
    return {&backend, DType::bf16,
            fmt::format("{} is the fastest runtime here, and it has bf16", backend.version())};
  return {&backend, DType::f32,
          fmt::format("{} is the fastest runtime here; f32, since {}", backend.version(), bf16.why)};
}

}  // namespace

Placement choose_placement(const Model& model, const std::string& runtime, const std::string& precision) {
  std::optional<DType> type;
  if (precision != "auto") {
    type = parse_dtype(precision);
    if (!type) fail(Fault::usage, "no precision `{}`; there are: auto, f32, bf16", precision);
    if (*type == DType::i8)
      fail(Fault::unsupported,
           "{}: int8 needs an artefact with calibrated ranges, which this version cannot make yet",
           model.name);
  }
  if (runtime != "auto") {
    const Backend& backend = find_backend(runtime);
    if (const Support support = fits(backend, type); !support)
      fail(Fault::unsupported, "{}: {}", runtime, support.why);
    if (!type) return best_precision(backend);
    return {&backend, *type, "as asked"};
  }
  std::string reasons;
  for (const Backend* backend : backends()) {
    const Support support = fits(*backend, type);
    if (support && !type) return best_precision(*backend);
    if (support)
      return {backend, *type,
              fmt::format("{} is the fastest runtime here for {}", backend->version(), name(*type))};
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", backend->name(), support.why);
  }
  fail(Fault::unsupported, "no runtime for {} ({})", model.name, reasons);
}

}  // namespace lp
