#include "backends/onednn/tiled_attention.hpp"

#include "backends/onednn/isa.hpp"
#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/bfloat_tiles.hpp"
#include "backends/onednn/kernels/softmax.hpp"
#include "backends/onednn/product_tiles.hpp"
#include "ops/linear.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <exception>

namespace lp::onednn {
namespace {

constexpr std::int64_t least_keys = 512;  // fewer: all scores of a head are within 1 MB as they are
constexpr std::int64_t page = 4096;

std::int64_t up_to(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Whether a value is what a linear layer of levels gives.
bool is_of_bytes(const Builder& b, int id) {
  const Node& node = b.graph()[id];
  return node.op.as<op::Linear>() != nullptr && b.levels_of(node.inputs[0]) && b.is_quantized(node.inputs[1]);
}

HeadSizes sizes_of(const Builder& b, const AttentionLayer& layer) {
  const std::vector<int>& inputs = b.graph()[layer.id].inputs;
  const auto& how = *b.graph()[layer.id].op.as<op::Attention>();
  const std::int64_t width = layer.q.dims[2] / how.heads;
  return {.type = layer.k.dtype,
          .queries = layer.q.dims[1],
          .keys = layer.k.dims[1],
          .width = width,
          .value_width = layer.v.dims[2] / how.heads,
          .q_step = layer.q.strides[1],
          .v_step = layer.v.strides[1],
          .scale = 1.0F / std::sqrt(static_cast<float>(width)),
          .is_of_bytes = is_of_bytes(b, inputs[0]) && is_of_bytes(b, inputs[1])};
}

/// Tiles by our kernel for bf16, in the form that `attend_in` wants.
class OwnTiles {
 public:
  static constexpr std::int64_t rows = BfloatTiles::rows;
  explicit OwnTiles(const HeadSizes& sizes)
      : kernel_{.keys = sizes.keys,
                .width = sizes.width,
                .value_width = sizes.value_width,
                .scale = sizes.scale,
                .has_byte_scores = has_byte_scores(sizes)} {}

  static bool has_byte_scores(const HeadSizes& sizes) {
    return sizes.is_of_bytes && sizes.width % 4 == 0 && ByteScores::available();
  }
  static bool fits(const HeadSizes& sizes) {
    return sizes.type == DType::bf16 && sizes.width % 2 == 0 && BfloatTiles::available() &&
           !processor_has(dnnl::cpu_isa::avx512_core_amx);  // there oneDNN's products are faster
  }

  std::int64_t head_bytes() const { return kernel_.packed_keys_bytes() + kernel_.packed_values_bytes(); }
  std::int64_t thread_bytes() const { return kernel_.scratch_bytes(); }

  void prepare(const AttentionLayer& layer, const std::byte* k, const std::byte* v, std::byte* head) const {
    kernel_.pack_keys(reinterpret_cast<const std::uint16_t*>(k), layer.k.strides[1], head);
    kernel_.pack_values(reinterpret_cast<const std::uint16_t*>(v), layer.v.strides[1],
                        head + kernel_.packed_keys_bytes());
  }

  class Worker {
   public:
    Worker(const OwnTiles& of, std::byte* scratch) : kernel_(of.kernel_), scratch_(scratch) {}
    void attend(const TileQueries& queries, const std::byte* head, const std::byte* /*v*/, float* sums,
                float* inverse) {
      kernel_.attend({.count = queries.count,
                      .from = reinterpret_cast<const std::uint16_t*>(queries.from),
                      .step = queries.step,
                      .seen = queries.seen,
                      .seen_step = queries.seen_step},
                     head, head + kernel_.packed_keys_bytes(), scratch_, sums, inverse);
    }

   private:
    const BfloatTiles& kernel_;
    std::byte* scratch_;
  };

 private:
  BfloatTiles kernel_;
};

/// Bytes from a value's first number to those of a row of a head.
std::int64_t offset(const View& view, std::int64_t sequence, std::int64_t row, std::int64_t channel) {
  return (sequence * view.strides[0] + row * view.strides[1] + channel) *
         static_cast<std::int64_t>(size_bytes(view.dtype));
}

/// Sums divided by those of their weights, into rows of y.
void store(const float* sums, const float* inverse, std::int64_t count, std::int64_t width, DType type,
           std::byte* y, std::int64_t step) {
  for (std::int64_t row = 0; row < count; ++row)
    for (std::int64_t i = 0; i < width; ++i) {
      const float value = sums[row * width + i] * inverse[row];
      if (type == DType::bf16)
        reinterpret_cast<std::uint16_t*>(y)[row * step + i] = to_bfloat(value);
      else
        reinterpret_cast<float*>(y)[row * step + i] = value;
    }
}

/// A layer's attention by `Tiles`: first what they make of the keys and values of each head, then tile by
/// tile, on the caller's OpenMP team.
template <class Tiles>
class TiledAttention {
 public:
  TiledAttention(const Builder& b, const AttentionLayer& layer, Tiles tiles)
      : layer_(layer),
        how_(*b.graph()[layer.id].op.as<op::Attention>()),
        sizes_(sizes_of(b, layer)),
        tiles_(std::move(tiles)),
        threads_(omp_get_max_threads()) {}

  std::int64_t scratch() const { return heads() * head_bytes() + threads_ * thread_bytes(); }

  void run(const Bindings& at, std::byte* scratch) const {
    const std::byte *const q = at.pointer(layer_.q), *const k = at.pointer(layer_.k),
                           *const v = at.pointer(layer_.v);
    std::byte* const y = at.pointer(layer_.y);
    const std::int32_t* const lengths = layer_.has_length ? at.indices(layer_.length).data() : nullptr;
    const bool causal = how_.causal == 1;
    check_lengths({lengths, causal}, layer_.q.dims[0], sizes_.keys);
    const std::int64_t parts = (sizes_.queries + Tiles::rows - 1) / Tiles::rows;
    std::byte* const of_threads = scratch + heads() * head_bytes();
    std::vector<typename Tiles::Worker> workers;
    workers.reserve(static_cast<std::size_t>(threads_));
    for (int thread = 0; thread < threads_; ++thread)
      workers.emplace_back(tiles_, of_threads + thread * thread_bytes() + sums_bytes());
    std::exception_ptr thrown;  // nothing may leave the parallel region
#pragma omp parallel num_threads(threads_)
    {
      const int thread = omp_get_thread_num();
      auto* const sums = reinterpret_cast<float*>(of_threads + thread * thread_bytes());
      float* const inverse = sums + Tiles::rows * sizes_.value_width;
#pragma omp for schedule(dynamic)
      for (std::int64_t head = 0; head < heads(); ++head)
        tiles_.prepare(layer_, k + keys_of(head), v + values_of(head), scratch + head * head_bytes());
#pragma omp for schedule(dynamic)
      for (std::int64_t i = 0; i < heads() * parts; ++i) {
        const std::int64_t head = i / parts, first = i % parts * Tiles::rows;
        const std::int64_t sequence = head / how_.heads, channel = head % how_.heads;
        const std::int64_t length = lengths != nullptr ? lengths[sequence] : sizes_.keys;
        const TileQueries queries{.count = std::min(Tiles::rows, sizes_.queries - first),
                                  .from = q + offset(layer_.q, sequence, first, channel * sizes_.width),
                                  .step = sizes_.q_step,
                                  .seen = causal ? length - sizes_.queries + first + 1 : length,
                                  .seen_step = causal ? 1 : 0};
        try {
          workers[static_cast<std::size_t>(thread)].attend(queries, scratch + head * head_bytes(),
                                                           v + values_of(head), sums, inverse);
        } catch (...) {
#pragma omp critical
          thrown = std::current_exception();
        }
        store(sums, inverse, queries.count, sizes_.value_width, layer_.y.dtype,
              y + offset(layer_.y, sequence, first, channel * sizes_.value_width), layer_.y.strides[1]);
      }
    }
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  std::int64_t heads() const { return layer_.q.dims[0] * how_.heads; }
  std::int64_t keys_of(std::int64_t head) const {
    return offset(layer_.k, head / how_.heads, 0, head % how_.heads * sizes_.width);
  }
  std::int64_t values_of(std::int64_t head) const {
    return offset(layer_.v, head / how_.heads, 0, head % how_.heads * sizes_.value_width);
  }
  std::int64_t head_bytes() const { return up_to(tiles_.head_bytes(), page); }
  std::int64_t sums_bytes() const { return up_to(Tiles::rows * (sizes_.value_width + 1) * 4, page); }
  std::int64_t thread_bytes() const { return sums_bytes() + up_to(tiles_.thread_bytes(), page); }

  AttentionLayer layer_;
  op::Attention how_;
  HeadSizes sizes_;
  Tiles tiles_;
  int threads_;
};

template <class Tiles>
void add(Builder& b, const AttentionLayer& layer, const std::string& kernel, Tiles tiles) {
  const Node& node = b.graph()[layer.id];
  const TiledAttention<Tiles> attention(b, layer, std::move(tiles));
  const View scratch = b.fresh(DType::f32, {attention.scratch() / 4});
  std::vector<View> reads = {layer.q, layer.k, layer.v};
  if (layer.has_length) reads.push_back(layer.length);
  b.kernel(
      node.name, kernel, reads, {layer.y, scratch},
      [=](const Bindings& at) { attention.run(at, at.pointer(scratch)); }, b.graph().flops(layer.id));
}

}  // namespace

bool add_in_tiles(Builder& b, const AttentionLayer& layer) {
  const HeadSizes sizes = sizes_of(b, layer);
  if (sizes.keys < least_keys) return false;
  if (OwnTiles::fits(sizes)) {
    add(b, layer, OwnTiles::has_byte_scores(sizes) ? "tiles of int8 and bf16" : "tiles of bf16",
        OwnTiles(sizes));
    return true;
  }
  ProductTiles tiles(b.engine(), sizes);
  const std::vector<std::string> kernels = tiles.kernels();
  if (std::ranges::any_of(kernels, [&](const std::string& kernel) { return b.too_slow(kernel); }))
    return false;
  add(b, layer, "tiles, " + kernels.front(), std::move(tiles));
  return true;
}

}  // namespace lp::onednn
