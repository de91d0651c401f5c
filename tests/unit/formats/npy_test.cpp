#include "formats/npy.hpp"

#include "files.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lp::test {
namespace {

/// A version 1 file with this header, not padded.
Bytes with_header(const std::string& header, std::size_t size) {
  const auto length = static_cast<std::uint16_t>(header.size());
  return to_bytes(std::string("\x93NUMPY\x01\x00", 8) +
                  std::string(reinterpret_cast<const char*>(&length), 2) + header + std::string(size, '\1'));
}

std::string refused(const std::string& header, std::size_t size) {
  const Bytes bytes = with_header(header, size);
  return refusal([&] { parse_npy(bytes, "file"); });
}

TEST_CASE("npy: what was written is read back") {
  const TemporaryFolder folder;
  const std::vector<std::int64_t> values = {1, 2, 3, 4, 5, 6};
  const auto bytes = std::as_bytes(std::span(values));
  const std::vector<std::vector<std::int64_t>> shapes = {{6}, {2, 3}, {1, 2, 3, 1}};
  for (const auto& shape : shapes) {
    write_npy(folder / "a.npy", DType::i64, shape, bytes);
    const Array read = read_npy(folder / "a.npy");
    CHECK(read.dtype == DType::i64);
    CHECK(read.shape == shape);
    CHECK(std::equal(read.data.begin(), read.data.end(), bytes.begin(), bytes.end()));
  }
  for (const DType dtype : {DType::f32, DType::f16, DType::i32, DType::u8, DType::boolean}) {
    write_npy(folder / "a.npy", dtype, std::vector<std::int64_t>{}, bytes.first(size_bytes(dtype)));
    const Array read = read_npy(folder / "a.npy");
    CHECK(read.dtype == dtype);
    CHECK(read.shape.empty());
    CHECK(read.data.size() == size_bytes(dtype));
  }
}

TEST_CASE("npy: the header is as NumPy writes it") {
  const TemporaryFolder folder;
  const std::vector<float> values(6);
  write_npy(folder / "a.npy", DType::f32, std::vector<std::int64_t>{2, 3}, std::as_bytes(std::span(values)));
  const std::string text = read_text(folder / "a.npy");
  CHECK(text.size() == 128 + 24);
  CHECK(text.substr(10, 60) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ");
  CHECK(text[127] == '\n');
  write_npy(folder / "b.npy", DType::f32, std::vector<std::int64_t>{6}, std::as_bytes(std::span(values)));
  CHECK(read_text(folder / "b.npy").find("'shape': (6,), }") != std::string::npos);
}

TEST_CASE("npy: broken files and what is not read are refused with a sentence") {
  const std::string f4 = "{'descr': '<f4', 'fortran_order': False, ";
  CHECK(refused(f4 + "'shape': (2,), }", 8).empty());
  CHECK(refused("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", 8).empty());
  CHECK(refused("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", 8) ==
        "file: a .npy array in Fortran order; save np.ascontiguousarray(it)");
  CHECK(refused(f4 + "'shape': (2,), }", 7) == "file: 7 bytes of data, but [2] of f32 takes 8");
  CHECK(refused(f4 + "'shape': (-2,), }", 8) == "file: the .npy header has no valid shape");
  CHECK(refused(f4 + "'shape': (99999999999999999999,), }", 8) == "file: the .npy header has no valid shape");
  CHECK(refused(f4 + "'shape': (4611686018427387904, 4), }", 8) ==
        "file: the .npy header has no valid shape");
  CHECK(refused(f4 + "'shape': 2, }", 8) == "file: the .npy header has no valid shape");
  CHECK(refused(f4 + "'shape': (2", 8) == "file: the .npy header has no valid shape");
  const std::string types =
      "file: a .npy element type other than little-endian f16, f32, f64, i8, i16, i32, i64, u8 and bool";
  CHECK(refused("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", 8) == types);
  CHECK(refused("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 8) == types);
  const Bytes text = to_bytes("no array");
  CHECK(refusal([&] { parse_npy(text, "file"); }) == "file: not a .npy file");
}

TEST_CASE("npy: cut short or changed, a file is read or refused, never more") {
  check_hostile(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }   \n", 8), 20'000,
                [](const Bytes& bytes) { parse_npy(bytes, "file"); });
}

}  // namespace
}  // namespace lp::test
