#include "backends/coreml/mil/weight_file.hpp"

#include "base/error.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace lp::coreml::mil {
namespace {

static_assert(std::endian::native == std::endian::little, "records are written as they lie in memory");

constexpr std::size_t alignment = 64;

struct Head {
  std::uint32_t count = 0, version = 2;
  std::array<std::uint32_t, 14> zeros{};
};
struct Record {
  std::uint32_t sentinel = 0xDEADBEEF, element = 0;
  std::uint64_t size_bytes = 0, data_offset = 0, unused_bits = 0;  // of the last byte
  std::array<std::uint64_t, 4> zeros{};
};
static_assert(sizeof(Head) == alignment && sizeof(Record) == alignment);

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

/// Bits of the last byte that belong to no element.
std::uint64_t unused_bits(const Type& type) {
  return 8 * size_bytes(type) - static_cast<std::uint64_t>(elements(type.sizes) * codes(type.element).bits);
}

}  // namespace

WeightFile::WeightFile(const std::filesystem::path& path) : file_(path) {
  file_.write(bytes_of(Head{}));
}

void WeightFile::align() {
  static constexpr std::array<std::byte, alignment> zeros{};
  const std::size_t over = file_.position() % alignment;
  if (over != 0) file_.write(std::span(zeros).first(alignment - over));
}

std::uint64_t WeightFile::write(const Type& type, std::span<const std::byte> data) {
  const ElementCodes& code = codes(type.element);
  LP_ASSERT(code.file != 0 && data.size() == size_bytes(type));
  const std::uint64_t place = file_.position();
  file_.write(bytes_of(Record{.element = static_cast<std::uint32_t>(code.file),
                              .size_bytes = data.size(),
                              .data_offset = place + sizeof(Record),
                              .unused_bits = unused_bits(type)}));
  file_.write(data);
  align();
  ++count_;
  return place;
}

void WeightFile::commit() {
  file_.seek(0);
  file_.write(bytes_of(Head{.count = count_}));
  file_.commit();
}

}  // namespace lp::coreml::mil
