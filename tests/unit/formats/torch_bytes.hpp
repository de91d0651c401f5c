#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Pickles and zip files byte by byte, as torch.save writes them and as it never would.
namespace lp::test {

template <class T>
std::string little(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// Parts of a pickle: each pushes one value.  Source of opcodes: CPython, Lib/pickletools.py.

inline std::string str(std::string_view text) {
  return "X" + little(static_cast<std::uint32_t>(text.size())) + std::string(text);
}

inline std::string number(std::int64_t value) {
  return std::string("\x8A\x08") + little(value);
}

inline std::string real(double value) {
  const std::string bytes = little(value);
  return "G" + std::string(bytes.rbegin(), bytes.rend());
}

inline std::string global(std::string_view module_name, std::string_view name) {
  return "c" + std::string(module_name) + "\n" + std::string(name) + "\n";
}

inline std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

inline std::string tuple(const std::vector<std::string>& items) {
  return "(" + joined(items) + "t";
}

inline std::string list(const std::vector<std::string>& items) {
  return "](" + joined(items) + "e";
}

inline std::string numbers(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const std::int64_t value : values) items.push_back(number(value));
  return tuple(items);
}

inline std::string dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string text = "}(";
  for (const auto& [key, value] : entries) text += str(key) + value;
  return text + "u";
}

inline std::string call(const std::string& callable, const std::vector<std::string>& arguments) {
  return callable + tuple(arguments) + "R";
}

/// An object with attributes, as protocol 2 makes it.
inline std::string object(const std::string& type, const std::string& attributes) {
  return type + ")\x81" + attributes + "b";
}

inline std::string storage(std::string_view type, std::string_view key, std::int64_t count) {
  return tuple({str("storage"), global("torch", type), str(key), str("cpu"), number(count)}) + "Q";
}

inline std::string rebuilt(const std::string& held, std::int64_t offset,
                           const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              {held, number(offset), numbers(sizes), numbers(strides), "\x89",
               call(global("collections", "OrderedDict"), {})});
}

/// A tensor of f32 whose elements stand in order, in a storage of its own.
inline std::string floats(std::string_view key, const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> strides(sizes.size());
  std::int64_t count = 1;
  for (std::size_t axis = sizes.size(); axis-- > 0; count *= sizes[axis]) strides[axis] = count;
  return rebuilt(storage("FloatStorage", key, count), 0, sizes, strides);
}

inline std::string pickled(const std::string& value) {
  return "\x80\x02" + value + ".";
}

struct Entry {
  std::string name, data;
  std::uint16_t flags = 0x0808, method = 0;  // as PyTorch writes them
};

enum class Zip64 { no, yes };

/// A zip file.  Source of the layout: PKWARE APPNOTE.TXT 6.3.10.
inline std::string zipped(const std::vector<Entry>& entries, Zip64 zip64 = Zip64::no) {
  using U16 = std::uint16_t;
  using U32 = std::uint32_t;
  using U64 = std::uint64_t;
  const auto size32 = [&](std::size_t size) {
    return little(zip64 == Zip64::yes ? U32{0xFFFFFFFF} : static_cast<U32>(size));
  };
  std::string file, directory;
  for (const Entry& entry : entries) {
    const std::string padding = "FB" + little(U16{3}) + "ZZZ";  // the local header's own extra field
    const std::size_t at = file.size();
    const std::string name_size = little(static_cast<U16>(entry.name.size()));
    file += std::string("PK\x03\x04") + little(U16{20}) + little(entry.flags) + little(entry.method) +
            std::string(16, '\0') + name_size + little(static_cast<U16>(padding.size())) + entry.name +
            padding + entry.data;
    const std::string extra = zip64 == Zip64::no ? ""
                                                 : "XX" + little(U16{1}) + "?" + little(U16{1}) +
                                                       little(U16{24}) + little(U64{entry.data.size()}) +
                                                       little(U64{entry.data.size()}) + little(U64{at});
    directory += std::string("PK\x01\x02") + little(U16{20}) + little(U16{20}) + little(entry.flags) +
                 little(entry.method) + std::string(8, '\0') + size32(entry.data.size()) +
                 size32(entry.data.size()) + name_size + little(static_cast<U16>(extra.size())) +
                 std::string(10, '\0') + size32(at) + entry.name + extra;
  }
  const std::size_t at = file.size();
  file += directory;
  if (zip64 == Zip64::yes) {
    const std::size_t end = file.size();
    file += std::string("PK\x06\x06") + little(U64{44}) + std::string(12, '\0') +
            little(U64{entries.size()}) + little(U64{entries.size()}) + little(U64{directory.size()}) +
            little(U64{at});
    file += std::string("PK\x06\x07") + little(U32{0}) + little(U64{end}) + little(U32{1});
  }
  const std::string count = little(zip64 == Zip64::yes ? U16{0xFFFF} : static_cast<U16>(entries.size()));
  return file + "PK\x05\x06" + std::string(4, '\0') + count + count + size32(directory.size()) + size32(at) +
         std::string(2, '\0');
}

/// What torch.save makes of a pickle and the bytes of its storages.
inline std::string saved(const std::string& value,
                         const std::vector<std::pair<std::string, std::string>>& storages = {}) {
  std::vector<Entry> entries = {{"a/data.pkl", pickled(value)}, {"a/byteorder", "little"}};
  for (const auto& [key, data] : storages) entries.push_back({"a/data/" + key, data});
  entries.push_back({"a/version", "3\n"});
  return zipped(entries);
}

}  // namespace lp::test
