#include "formats/npy.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace lp {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

constexpr std::array<std::pair<std::string_view, DType>, 9> dtypes = {{{"<f4", DType::f32},
                                                                       {"<f2", DType::f16},
                                                                       {"<f8", DType::f64},
                                                                       {"|i1", DType::i8},
                                                                       {"|u1", DType::u8},
                                                                       {"<i2", DType::i16},
                                                                       {"<i4", DType::i32},
                                                                       {"<i8", DType::i64},
                                                                       {"|b1", DType::boolean}}};

/// What stands after `'key':` in the header, a Python dict literal, without leading blanks; empty if it is
/// not there.
std::string_view value_of(std::string_view header, const std::string& key) {
  const std::size_t at = header.find("'" + key + "':");
  if (at == std::string_view::npos) return {};
  header.remove_prefix(at + key.size() + 3);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

/// "(2, 3)", "(4,)" and "()" as numbers.
std::optional<std::vector<std::int64_t>> parse_shape(std::string_view text) {
  const std::size_t end = text.find(')');
  if (text.empty() || text.front() != '(' || end == std::string_view::npos) return {};
  text = text.substr(1, end - 1);
  std::vector<std::int64_t> shape;
  while (!text.empty()) {
    std::int64_t axis = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), axis);
    if (error != std::errc() || shape.size() == max_rank) return {};
    shape.push_back(axis);
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (!text.empty() && text.front() != ',') return {};
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
  }
  return shape;
}

[[noreturn]] void refuse(const std::string& file, std::string_view why) {
  fail(Fault::bad_input, "{}: {}", file, why);
}

Array parse(ByteReader& in) {
  const std::string& file = in.file();
  if (in.left() < magic.size() || as_text(in.take(magic.size(), "")) != magic)
    refuse(file, "not a .npy file");
  const auto major = in.number<std::uint8_t>("the .npy header");
  const auto minor = in.number<std::uint8_t>("the .npy header");
  if (major < 1 || major > 3 || minor != 0) refuse(file, "a .npy version that this program does not read");
  const std::uint32_t length =
      major == 1 ? in.number<std::uint16_t>("the .npy header") : in.number<std::uint32_t>("the .npy header");
  const std::string_view header = as_text(in.take(length, "the .npy header"));

  Array array;
  const std::string_view descr = value_of(header, "descr");
  const auto known = std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& row) {
    return descr.size() > 4 && descr.front() == '\'' && descr.substr(1, 3) == row.first && descr[4] == '\'';
  });
  if (known == dtypes.end())
    refuse(file,
           "a .npy element type other than little-endian f16, f32, f64, i8, i16, i32, i64, u8 and bool");
  array.dtype = known->second;
  const auto shape = parse_shape(value_of(header, "shape"));
  const auto bytes = shape ? tensor_bytes(array.dtype, *shape) : std::nullopt;
  if (!bytes) refuse(file, "the .npy header has no valid shape");
  const std::string_view order = value_of(header, "fortran_order");
  const bool fortran = order.starts_with("True");
  if (!fortran && !order.starts_with("False")) refuse(file, "the .npy header has no valid fortran_order");
  if (fortran && shape->size() > 1)
    refuse(file, "a .npy array in Fortran order; save np.ascontiguousarray(it)");
  if (in.left() != *bytes)
    fail(Fault::bad_input, "{}: {} bytes of data, but {} of {} takes {}", file, in.left(), shape_text(*shape),
         name(array.dtype), *bytes);
  array.shape = *shape;
  const auto data = in.take(*bytes, "the data");
  array.data.assign(data.begin(), data.end());
  return array;
}

}  // namespace

Array parse_npy(std::span<const std::byte> bytes, const std::string& file) {
  ByteReader in(bytes, file);
  try {
    return parse(in);
  } catch (const Error& error) {  // an array is input, not a model
    throw Error(Fault::bad_input, error.what());
  }
}

Array read_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_npy(file.bytes(), path.string());
}

void write_npy(const std::filesystem::path& path, DType dtype, std::span<const std::int64_t> shape,
               std::span<const std::byte> data) {
  check_complete(path.string(), {dtype, {shape.begin(), shape.end()}, data});
  const auto known =
      std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& row) { return row.second == dtype; });
  if (known == dtypes.end()) fail(Fault::unsupported, "{}: NumPy has no {}", path.string(), name(dtype));
  std::string axes;
  for (const std::int64_t axis : shape) axes += fmt::format("{}, ", axis);
  if (shape.size() > 1) axes.resize(axes.size() - 2);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", known->first,
                                   shape.size() == 1 ? axes.substr(0, axes.size() - 1) : axes);
  constexpr std::size_t before = 10,
                        alignment = 64;  // magic, version, length; data start at a multiple of 64
  header.append((alignment - (before + header.size() + 1) % alignment) % alignment, ' ');
  header += '\n';

  FileWriter out(path);
  out.write(magic);
  out.write(std::string_view("\x01\x00", 2));
  out.write(as_text(static_cast<std::uint16_t>(header.size())));
  out.write(header);
  out.write(data);
  out.commit();
}

}  // namespace lp
