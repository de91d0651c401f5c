#pragma once
#include "backends/coreml/mil/type.hpp"
#include "base/files.hpp"

#include <filesystem>
#include <span>

namespace lp::coreml::mil {

/// Writes a package's weights/weight.bin: a head of 64 bytes, then for each blob a record of 64 bytes and its
/// data, both at multiples of 64, all numbers little-endian. Bytes go to disk as they come, so memory does
/// not grow with the file. Source: MILBlob of coremltools 9.0, storage format version 2.
class WeightFile {
 public:
  /// @throws Error{io}.
  explicit WeightFile(const std::filesystem::path& path);
  /// Appends the elements of a value, as many bytes as its type has; gives the place of its record, by which
  /// programs name it. @throws Error{io}.
  std::uint64_t write(const Type& type, std::span<const std::byte> data);
  /// Writes the head and gives the file its name. @throws Error{io}.
  void commit();

 private:
  void align();

  FileWriter file_;
  std::uint32_t count_ = 0;
};

}  // namespace lp::coreml::mil
