#include "tasks/compression.hpp"

#include "base/error.hpp"

#include <zlib.h>

#include <vector>

namespace lp {

double compression_ratio(std::string_view text) {
  if (text.empty()) return 0;
  uLongf size = ::compressBound(static_cast<uLong>(text.size()));
  std::vector<Bytef> packed(size);
  const int status = ::compress(packed.data(), &size, reinterpret_cast<const Bytef*>(text.data()),
                                static_cast<uLong>(text.size()));
  if (status != Z_OK) fail(Fault::out_of_memory, "not enough memory to pack a text of {} bytes", text.size());
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

}  // namespace lp
