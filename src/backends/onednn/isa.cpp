#include "backends/onednn/isa.hpp"

#include "backends/onednn/builder.hpp"
#include "base/error.hpp"

namespace lp::onednn {

#if defined(__aarch64__)

// oneDNN's sets of bits for ARM have no names in its headers, and the values of x86 sets (oneDNN 3.7,
// src/cpu/aarch64/cpu_isa_traits.hpp).
std::string_view isa_name(dnnl::cpu_isa isa) {
  switch (static_cast<unsigned>(isa)) {
    case 0x1: return "NEON";
    case 0x3: return "128-bit SVE";
    case 0x7: return "256-bit SVE";
    case 0x27: return "512-bit SVE";
    default: return "ARM";
  }
}

std::string why_not_bf16(dnnl::cpu_isa) {
  return "oneDNN multiplies BF16 in this program on x86-64 only";
}

bool adds_in_16_bits(dnnl::cpu_isa) {
  return false;
}

bool processor_has(dnnl::cpu_isa) {
  return false;
}

std::string_view where_more_kernels_are() {
  return "; an oneDNN that was built with the ARM Compute Library has more kernels (-DLP_ONEDNN=system takes "
         "the installed one)";
}

#else

std::string_view isa_name(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41: return "SSE4.1";
    case dnnl::cpu_isa::avx: return "AVX";
    case dnnl::cpu_isa::avx2: return "AVX2";
    case dnnl::cpu_isa::avx2_vnni: return "AVX2 VNNI";
    case dnnl::cpu_isa::avx512_core: return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni: return "AVX-512 VNNI";
    case dnnl::cpu_isa::avx512_core_bf16: return "AVX-512 BF16";
    case dnnl::cpu_isa::avx512_core_fp16: return "AVX-512 FP16";
    case dnnl::cpu_isa::avx512_core_amx: return "AMX";
    case dnnl::cpu_isa::avx512_core_amx_fp16: return "AMX FP16";
    default: return "its best instruction set";
  }
}

std::string why_not_bf16(dnnl::cpu_isa isa) {
  // The values are sets of bits: a later instruction set holds those of the ones before it.
  const auto bits = static_cast<unsigned>(isa), bf16 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  if ((bits & bf16) == bf16) return {};
  return fmt::format("this processor has {}, without BF16 multiplication", isa_name(isa));
}

bool adds_in_16_bits(dnnl::cpu_isa isa) {
  const auto has = [bits = static_cast<unsigned>(isa)](dnnl::cpu_isa least) {
    const auto wanted = static_cast<unsigned>(least);
    return (bits & wanted) == wanted;
  };
  return !has(dnnl::cpu_isa::avx512_core_vnni) && !has(dnnl::cpu_isa::avx2_vnni);
}

bool processor_has(dnnl::cpu_isa least) {
  // The values are sets of bits: a later instruction set holds those of the ones before it.
  const auto bits = static_cast<unsigned>(dnnl::get_effective_cpu_isa()),
             wanted = static_cast<unsigned>(least);
  return (bits & wanted) == wanted;
}

std::string_view where_more_kernels_are() {
  return "";
}

#endif

namespace {

using dnnl::memory;

bool has_convolutions(const dnnl::engine& engine) {
  const memory::desc pixels({1, 16, 8, 8}, memory::data_type::f32, memory::format_tag::nhwc);
  const memory::desc weight({16, 16, 3, 3}, memory::data_type::f32, memory::format_tag::any);
  const dnnl::convolution_forward::primitive_desc plan(
      engine, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, pixels, weight,
      memory::desc(), pixels, {1, 1}, {0, 0}, {1, 1}, {1, 1});
  return !is_reference(plan.impl_info_str());
}

bool has_products(const dnnl::engine& engine) {
  const memory::desc rows({16, 16}, memory::data_type::f32, memory::format_tag::ab);
  const memory::desc weight({16, 16}, memory::data_type::f32, memory::format_tag::any);
  return !is_reference(dnnl::matmul::primitive_desc(engine, rows, weight, rows).impl_info_str());
}

}  // namespace

std::string why_not_int8(const dnnl::engine& engine) {
  const memory::desc pixels({1, 16, 8, 8}, memory::data_type::u8, memory::format_tag::nhwc);
  const memory::desc weight({16, 16, 3, 3}, memory::data_type::s8, memory::format_tag::any);
  dnnl::primitive_attr attributes;
  attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
  std::string why = "oneDNN has no fast convolution of 8-bit numbers on this processor";
  try {
    const dnnl::convolution_forward::primitive_desc plan(
        engine, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, pixels, weight,
        memory::desc(), pixels, {1, 1}, {0, 0}, {1, 1}, {1, 1}, attributes);
    return is_reference(plan.impl_info_str()) ? why : "";
  } catch (const dnnl::error&) {
    return why;
  }
}

std::string missing_kernels(const dnnl::engine& engine) {
  std::string text;
  if (!has_convolutions(engine)) text += "; convolutions by our own kernel";
  if (!has_products(engine)) text += "; no fast matrix products: layers that need them are refused";
  return text;
}

}  // namespace lp::onednn
