#pragma once
#include "backends/backend.hpp"
#include "backends/onednn/view.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace lp::onednn {

/// Memory that values lie in. Arena buffers share one block; inputs and outputs are the caller's tensors
/// where their layout fits; states are the caller's, constants
/// are weights.
struct Buffer {
  enum class Kind { arena, input, output, state, constant };
  Kind kind = Kind::arena;
  int index = 0;  // which input or output
  std::size_t size_bytes = 0;
  std::size_t offset = 0;     // into the arena
  int first = -1, last = -1;  // steps that touch it
};

/// The memory of one instance, as steps see it.
class Bindings {
 public:
  std::byte* pointer(const View& view) const {
    return base[static_cast<std::size_t>(view.buffer)] +
           view.offset * static_cast<std::int64_t>(size_bytes(view.dtype));
  }
  /// The values of Indices, which are dense.
  std::span<const std::int32_t> indices(const View& view) const {
    return {reinterpret_cast<const std::int32_t*>(pointer(view)), static_cast<std::size_t>(view.elements())};
  }
  std::vector<std::byte*> base;  // by buffer
  std::byte* scratch = nullptr;
};

struct RowWork;

/// One primitive or kernel of a plan. Immutable; instances bind it to their memory.
struct Step {
  std::string name, kernel;
  double flops = 0;
  std::vector<View> reads, writes;
  std::size_t scratch_bytes = 0;

  /// Either a primitive with its arguments (fixed memories and views)...
  dnnl::primitive primitive;
  std::unordered_map<int, dnnl::memory> fixed;
  std::vector<std::pair<int, View>> arguments;
  dnnl::memory::desc scratch;
  /// ... or a kernel of ours.
  std::function<void(const Bindings&)> kernel_function;
  /// What it does, where it makes rows of sequences from rows near them.
  std::shared_ptr<const RowWork> row_work;
};

/// A compiled graph: steps in order, buffers placed in the arena.
struct Plan {
  dnnl::engine engine;
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  std::size_t arena_bytes = 0, scratch_bytes = 0, weight_bytes = 0;

  struct Port {
    std::string name;
    std::vector<std::int64_t> shape;
    View view;
  };
  std::vector<Port> inputs, outputs, states;
  std::vector<Port> kept;
  std::vector<std::pair<int, dnnl::memory>> constants;  // buffer, and what it is
  std::shared_ptr<WeightStore> weights;                 // keeps packed weights alive
};

/// Gives arena buffers their offsets so that those in use at one time never overlap: largest first, lowest
/// gap that fits.
void place_in_arena(Plan& plan);

std::shared_ptr<const Executable> make_executable(Plan plan);

}  // namespace lp::onednn
