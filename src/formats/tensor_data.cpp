#include "formats/tensor_data.hpp"

#include "base/error.hpp"

#include <cstring>

namespace lp {
namespace {

/// Element `i` of possibly unaligned memory.
template <class T>
T load(std::span<const std::byte> data, std::size_t i) {
  T value;
  std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
  return value;
}

float element(const StoredTensor& tensor, std::size_t i) {
  switch (tensor.dtype) {
    case DType::f32: return load<float>(tensor.data, i);
    case DType::f16: return half_to_float(load<std::uint16_t>(tensor.data, i));
    case DType::bf16: return bfloat_to_float(load<std::uint16_t>(tensor.data, i));
    case DType::f64: return static_cast<float>(load<double>(tensor.data, i));
    case DType::i8: return load<std::int8_t>(tensor.data, i);
    case DType::u8:
    case DType::boolean: return load<std::uint8_t>(tensor.data, i);
    case DType::i16: return load<std::int16_t>(tensor.data, i);
    case DType::i32: return static_cast<float>(load<std::int32_t>(tensor.data, i));
    case DType::i64: return static_cast<float>(load<std::int64_t>(tensor.data, i));
  }
  fail(Fault::internal, "to_f32: unknown type");
}

}  // namespace

std::vector<float> to_f32(const StoredTensor& tensor) {
  std::vector<float> out(tensor.data.size() / size_bytes(tensor.dtype));
  if (tensor.dtype == DType::f32) {
    if (!out.empty()) std::memcpy(out.data(), tensor.data.data(), out.size() * sizeof(float));
    return out;
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = element(tensor, i);
  const std::vector<float> scales = scales_of(tensor);
  const std::size_t row = scales.empty() ? 0 : out.size() / scales.size();
  for (std::size_t i = 0; row > 0 && i < out.size(); ++i) out[i] *= scales[i / row];
  const std::vector<float> smoothing = smoothing_of(tensor);
  for (std::size_t i = 0; !smoothing.empty() && i < out.size(); ++i)
    out[i] *= smoothing[i % smoothing.size()];
  return out;
}

std::vector<float> scales_of(const StoredTensor& tensor) {
  return to_f32({DType::f32, {}, tensor.scales});
}

std::vector<float> smoothing_of(const StoredTensor& tensor) {
  return to_f32({DType::f32, {}, tensor.smoothing});
}

std::vector<std::byte> from_f32(std::span<const float> values, DType to) {
  std::vector<std::byte> out(values.size() * size_bytes(to));
  if (to == DType::f32) {
    if (!out.empty()) std::memcpy(out.data(), values.data(), out.size());
    return out;
  }
  if (to != DType::f16 && to != DType::bf16) fail(Fault::internal, "from_f32: cannot write {}", name(to));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits = to == DType::f16 ? float_to_half(values[i]) : float_to_bfloat(values[i]);
    std::memcpy(out.data() + i * sizeof bits, &bits, sizeof bits);
  }
  return out;
}

}  // namespace lp
