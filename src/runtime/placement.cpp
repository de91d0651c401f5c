#include "base/error.hpp"
#include "runtime/session.hpp"

namespace lp {
namespace {

Support fits(const Backend& backend, const std::optional<DType>& precision) {
  if (Support available = backend.available(); !available) return available;
  return precision ? backend.computes(*precision) : Support{};
}

/// INT8 for quantized models; else BF16, half the bytes and twice the multiply-adds, where the runtime has
/// it; else F32.
Placement best_precision(const Backend& backend, bool quantized) {
  const Support int8 = backend.computes(DType::i8);
  if (quantized && int8)
    return {&backend, DType::i8, fmt::format("{} computes the model's 8-bit weights", backend.version())};
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
  const bool quantized = model.stored == DType::i8;
  if (precision != "auto") {
    type = parse_dtype(precision);
    if (!type)
      fail(Fault::usage, "no precision `{}` to compute in; there are: auto, f32, bf16, int8", precision);
    if (*type == DType::i8 && !quantized)
      fail(
          Fault::unsupported,
          "{}: int8 needs an artefact with calibrated ranges; make one: llama-pajamas convert {} --precision "
          "int8 --calibrate FOLDER",
          model.name, model.name);
  }
  if (runtime != "auto") {
    const Backend& backend = find_backend(runtime);
    if (const Support support = fits(backend, type); !support)
      fail(Fault::unsupported, "{}: {}", runtime, support.why);
    if (!type) return best_precision(backend, quantized);
    return {&backend, *type, "as asked"};
  }
  std::string reasons;
  for (const Backend* backend : backends()) {
    const Support support = fits(*backend, type);
    if (support && type)
      return {
          backend, *type,
          fmt::format("{} is the fastest runtime here for {}", backend->version(), precision_name(*type))};
    if (support) return best_precision(*backend, quantized);
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", backend->name(), support.why);
  }
  fail(Fault::unsupported, "no runtime for {} ({})", model.name, reasons);
}

}  // namespace lp
