#pragma once
#include <oneapi/dnnl/dnnl.hpp>

#include <string>
#include <string_view>

namespace lp::onednn {

/// The name of an instruction set, for people: "AVX-512 BF16", "NEON".
std::string_view isa_name(dnnl::cpu_isa isa);

/// Why BF16 is not multiplied in hardware; empty if it is. Emulated it is 2.7 times slower than F32 (measured
/// 2026-11-23, YOLOv8n on Zen 5 held to AVX-512).
std::string why_not_bf16(dnnl::cpu_isa isa);

/// Whether the processor adds two products of u8 and s8 in 16 bits, which overflow for large weights: x86-64
/// without VNNI.
bool adds_in_16_bits(dnnl::cpu_isa isa);

/// Whether the processor has an instruction set of x86-64, and oneDNN may use it (ONEDNN_MAX_CPU_ISA).
bool processor_has(dnnl::cpu_isa least);

/// Why convolutions of 8-bit numbers are not computed; empty if they are.
std::string why_not_int8(const dnnl::engine& engine);

/// What oneDNN computes only by its reference code on this processor, and what becomes of it, as the end of a
/// text on the processor: "; convolutions by our own kernel". Empty if there is nothing.
std::string missing_kernels(const dnnl::engine& engine);

/// How to get an oneDNN with more kernels, as the end of a sentence; empty where none has more.
std::string_view where_more_kernels_are();

}  // namespace lp::onednn
