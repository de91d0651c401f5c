#include "base/weight_memory.hpp"

#include "base/error.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace lp {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20U;
constexpr std::size_t least_block = 4 * huge_page;

std::size_t rounded_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

}  // namespace

void WeightMemory::Free::operator()(std::byte* block) const {
  std::free(block);  // pairs with aligned_alloc
}

std::byte* WeightMemory::take(std::size_t size) {
  size = rounded_up(std::max<std::size_t>(size, 1), alignment);
  if (size > left_) {
    const std::size_t block_size = rounded_up(std::max(size, least_block), huge_page);
    auto* const block = static_cast<std::byte*>(std::aligned_alloc(huge_page, block_size));
    if (block == nullptr) fail(Fault::out_of_memory, "out of memory: {} MB for weights", block_size >> 20U);
    blocks_.emplace_back(block);
#ifdef MADV_HUGEPAGE
    ::madvise(block, block_size, MADV_HUGEPAGE);  // advice: where it is not taken, pages are small
#endif
    if (block_size - size < left_) return block;  // more room is left in the last one
    next_ = block;
    left_ = block_size;
  }
  std::byte* const taken = next_;
  next_ += size;
  left_ -= size;
  return taken;
}

}  // namespace lp
