#pragma once

/// Puts a function into the program once per instruction set; the loader takes the best that the processor
/// has. The loops in it are plain C++ that the compiler vectorises. Only where the compiler and the object
/// format know how (GCC, x86-64 ELF); elsewhere it says nothing.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LP_VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LP_VECTORIZED
#endif

/// Puts a helper into the functions above: without it the compiler keeps it apart, built for the least
/// processor.
#if defined(__GNUC__)
#define LP_INLINED inline __attribute__((always_inline))
#else
#define LP_INLINED inline
#endif
