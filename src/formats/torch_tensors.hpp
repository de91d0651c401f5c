#pragma once
#include "formats/checkpoint.hpp"
#include "formats/pickle.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace lp::torch {

/// The tensors of a pickle that torch.save wrote: views (offset, sizes, strides) of storages, whose bytes are
/// entries of the same archive. Borrows what it is given.
/// Source: pytorch/torch/_utils.py, _tensor.py and serialization.py (v2.5).
class Tensors {
 public:
  /// `storages`: bytes by key. `most_copied`: bytes that tensors may take together whose elements do not
  /// stand in order.
  Tensors(const pickle::Tree& tree, const std::map<std::string_view, std::span<const std::byte>>& storages,
          std::string file, std::size_t most_copied);

  bool is_tensor(pickle::Ref ref) const;

  /// The tensor, called `name` in messages. Its data lie in the storages, or in `copies` where its elements
  /// do not stand there in order.
  /// @throws Error{bad_model} if it reaches beyond its storage, or if its elements overlap;
  /// Error{unsupported} for an element type that we lack.
  StoredTensor load(pickle::Ref ref, const std::string& name);

  /// The data that `load` has made; they keep their places when this is moved.
  std::deque<std::vector<std::byte>> copies;

 private:
  /// A call of torch._utils._rebuild_tensor_v2 or _v3, or none.
  struct Call {
    std::string_view name;
    std::span<const pickle::Ref> arguments;
  };
  struct View {
    std::vector<std::int64_t> sizes, strides;
    std::span<const std::byte> data;  // from its first element to the end of the storage
  };

  Call call_of(pickle::Ref ref) const;
  std::vector<std::int64_t> numbers(pickle::Ref ref, const std::string& name) const;
  /// Type and bytes of a storage.
  std::pair<DType, std::span<const std::byte>> storage_of(pickle::Ref ref, const std::string& name) const;
  std::span<const std::byte> in_order(const View& view, DType type, std::size_t bytes);

  const pickle::Tree& tree_;
  const std::map<std::string_view, std::span<const std::byte>>& storages_;
  std::string file_;
  std::size_t left_to_copy_;
  /// Copies by first byte, type, sizes and strides, so that a view with several names is made once.
  std::map<std::tuple<const std::byte*, DType, std::vector<std::int64_t>, std::vector<std::int64_t>>,
           std::span<const std::byte>>
      copied_;
};

/// Whether a tensor is rebuilt by calling this.
bool makes_tensors(std::string_view callable);

}  // namespace lp::torch
