#include "backends/onednn/tiled_attention.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/softmax.hpp"
#include "backends/onednn/kernels/transpose.hpp"
#include "ops/attention.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lp::onednn {
namespace {

using dnnl::memory;

constexpr std::int64_t tile_rows = 64;    // queries: their scores of 1,500 keys are 0.4 MB
constexpr std::int64_t least_keys = 512;  // fewer: all scores at once are no slower
constexpr std::int64_t line = 32;         // rows of scores and keys begin at multiples of so many numbers

/// Primitives that one thread runs are made for one: their blocks and memory are settled then.
class ForOneThread {
 public:
  ForOneThread() { omp_set_num_threads(1); }
  ~ForOneThread() { omp_set_num_threads(before_); }
  ForOneThread(const ForOneThread&) = delete;
  ForOneThread& operator=(const ForOneThread&) = delete;

 private:
  int before_ = omp_get_max_threads();
};

/// A product of matrices of one tile.
struct Product {
  memory::desc left, right, result, scratch;
  dnnl::matmul primitive;
  std::string kernel;

  Product(const dnnl::engine& engine, const memory::desc& left, const memory::desc& right,
          const memory::desc& result)
      : left(left), right(right), result(result) {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const ForOneThread one;
    const dnnl::matmul::primitive_desc plan(engine, left, right, result, attributes);
    scratch = plan.scratchpad_desc();
    primitive = dnnl::matmul(plan);
    kernel = plan.impl_info_str();
  }
};

/// Products of `rows` queries of one head.
struct Tile {
  std::int64_t rows;
  Product scores, sums;
};

/// A product with the memory of one thread, which follows from tile to tile.
class BoundProduct {
 public:
  BoundProduct(const Product& product, const dnnl::engine& engine, std::byte* scratch)
      : primitive_(product.primitive),
        left_(product.left, engine, DNNL_MEMORY_NONE),
        right_(product.right, engine, DNNL_MEMORY_NONE),
        result_(product.result, engine, DNNL_MEMORY_NONE),
        arguments_{{DNNL_ARG_SRC, left_},
                   {DNNL_ARG_WEIGHTS, right_},
                   {DNNL_ARG_DST, result_},
                   {DNNL_ARG_SCRATCHPAD, memory(product.scratch, engine, scratch)}} {}

  void run(dnnl::stream& stream, const std::byte* left, const std::byte* right, std::byte* result) {
    left_.set_data_handle(const_cast<std::byte*>(left));
    right_.set_data_handle(const_cast<std::byte*>(right));
    result_.set_data_handle(result);
    primitive_.execute(stream, arguments_);
  }

 private:
  dnnl::matmul primitive_;
  memory left_, right_, result_;
  std::unordered_map<int, memory> arguments_;
};

std::int64_t up_to(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// The attention of one layer; `run` on the caller's OpenMP team.
class TiledAttention {
 public:
  TiledAttention(const Builder& b, const AttentionLayer& layer)
      : layer_(layer),
        how_(*b.graph()[layer.id].op.as<op::Attention>()),
        engine_(b.engine()),
        sequences_(layer.q.dims[0]),
        queries_(layer.q.dims[1]),
        keys_(layer.k.dims[1]),
        width_(layer.q.dims[2] / how_.heads),
        value_width_(layer.v.dims[2] / how_.heads),
        step_(up_to(keys_, line)),
        threads_(omp_get_max_threads()),
        tiles_(queries_ / tile_rows + (queries_ % tile_rows != 0 ? 1 : 0)),
        whole_(tile(std::min(tile_rows, queries_))),
        last_(tile(queries_ - (tiles_ - 1) * tile_rows)) {}

  std::string kernel() const { return whole_.scores.kernel; }
  bool too_slow(const Builder& b) const {
    return b.too_slow(whole_.scores.kernel) || b.too_slow(whole_.sums.kernel) ||
           b.too_slow(last_.scores.kernel) || b.too_slow(last_.sums.kernel);
  }

  /// Bytes that `run` needs beside: the keys of all heads, transposed, and what each thread works in.
  std::int64_t scratch() const { return sequences_ * how_.heads * head_bytes() + threads_ * thread_bytes(); }

  void run(const Bindings& at, std::byte* scratch) const {
    const std::byte *const q = at.pointer(layer_.q), *const k = at.pointer(layer_.k);
    const std::int32_t* const lengths = layer_.has_length ? at.indices(layer_.length).data() : nullptr;
    check_lengths({lengths, how_.causal == 1}, sequences_, keys_);
    const std::byte* const v = at.pointer(layer_.v);
    std::byte *const y = at.pointer(layer_.y), *const of_threads = scratch + heads() * head_bytes();
#pragma omp parallel num_threads(threads_)
    {
      std::byte* const own = of_threads + omp_get_thread_num() * thread_bytes();
      Worker worker(*this, own);
#pragma omp for schedule(dynamic)
      for (std::int64_t head = 0; head < heads(); ++head)
        transpose(layer_.k.dtype, keys_, width_, k + offset(layer_.k, head, 0, width_), layer_.k.strides[1],
                  scratch + head * head_bytes(), step_);
#pragma omp for schedule(dynamic)
      for (std::int64_t i = 0; i < heads() * tiles_; ++i) {
        const std::int64_t head = i / tiles_, first = i % tiles_ * tile_rows;
        const std::int64_t sequence = head / how_.heads;
        worker.attend({.first = first,
                       .length = lengths != nullptr ? lengths[sequence] : keys_,
                       .q = q + offset(layer_.q, head, first, width_),
                       .keys = scratch + head * head_bytes(),
                       .v = v + offset(layer_.v, head, 0, value_width_),
                       .y = y + offset(layer_.y, head, first, value_width_)});
      }
    }
  }

 private:
  /// One tile's numbers.
  struct Work {
    std::int64_t first, length;  // the first query; keys that count
    const std::byte *q, *keys, *v;
    std::byte* y;
  };

  /// What one thread computes with.
  class Worker {
   public:
    Worker(const TiledAttention& of, std::byte* own)
        : of_(of),
          scores_(own),
          sums_(reinterpret_cast<float*>(own + of.scores_bytes())),
          stream_(of.engine_),
          whole_{bound(of.whole_.scores, own), bound(of.whole_.sums, own)},
          last_{bound(of.last_.scores, own), bound(of.last_.sums, own)} {}

    void attend(const Work& work) {
      const std::int64_t rows = std::min(tile_rows, of_.queries_ - work.first);
      auto& [product, sum] = rows == of_.whole_.rows ? whole_ : last_;
      product.run(stream_, work.q, work.keys, scores_);
      std::array<float, tile_rows> inverse{};
      const float scale = 1.0F / std::sqrt(static_cast<float>(of_.width_));
      const bool rounded = of_.layer_.v.dtype == DType::bf16;
      for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t seen = work.length - of_.queries_ + work.first + row + 1;
        inverse[static_cast<std::size_t>(row)] = weigh_row(
            scores_ + row * of_.step_ * 4, scale,
            of_.how_.causal == 1 ? std::max<std::int64_t>(0, seen) : work.length, of_.keys_, rounded);
      }
      sum.run(stream_, scores_, work.v, reinterpret_cast<std::byte*>(sums_));
      for (std::int64_t row = 0; row < rows; ++row)
        store(row, inverse[static_cast<std::size_t>(row)], work.y);
    }

   private:
    BoundProduct bound(const Product& product, std::byte* own) const {
      return {product, of_.engine_, own + of_.scores_bytes() + of_.sums_bytes()};
    }

    void store(std::int64_t row, float inverse, std::byte* y) const {
      const std::int64_t width = of_.value_width_, at = row * of_.layer_.y.strides[1];
      const float* const from = sums_ + row * width;
      if (of_.layer_.y.dtype == DType::bf16) {
        auto* const to = reinterpret_cast<std::uint16_t*>(y) + at;
        for (std::int64_t i = 0; i < width; ++i) to[i] = to_bfloat(from[i] * inverse);
      } else {
        auto* const to = reinterpret_cast<float*>(y) + at;
        for (std::int64_t i = 0; i < width; ++i) to[i] = from[i] * inverse;
      }
    }

    const TiledAttention& of_;
    std::byte* scores_;
    float* sums_;
    dnnl::stream stream_;
    std::pair<BoundProduct, BoundProduct> whole_, last_;
  };

  Tile tile(std::int64_t rows) const {
    const memory::data_type type = data_type(layer_.k.dtype), f32 = memory::data_type::f32;
    // Weights take the place of scores: in bf16 they are half as wide.
    const std::int64_t step = layer_.v.dtype == DType::bf16 ? 2 * step_ : step_;
    const memory::desc q({rows, width_}, type, {layer_.q.strides[1], 1}),
        keys({width_, keys_}, type, {step_, 1}), scores({rows, keys_}, f32, {step_, 1}),
        weights({rows, keys_}, type, {step, 1}), v({keys_, value_width_}, type, {layer_.v.strides[1], 1}),
        sums({rows, value_width_}, f32, {value_width_, 1});
    return {rows, Product(engine_, q, keys, scores), Product(engine_, weights, v, sums)};
  }

  std::int64_t heads() const { return sequences_ * how_.heads; }
  /// Bytes from a value's first number to those of a row of a head.
  std::int64_t offset(const View& view, std::int64_t head, std::int64_t row, std::int64_t width) const {
    return (head / how_.heads * view.strides[0] + row * view.strides[1] + head % how_.heads * width) *
           static_cast<std::int64_t>(size_bytes(view.dtype));
  }
  std::int64_t head_bytes() const {
    return width_ * step_ * static_cast<std::int64_t>(size_bytes(layer_.k.dtype));
  }
  std::int64_t scores_bytes() const { return tile_rows * step_ * 4; }
  std::int64_t sums_bytes() const { return up_to(tile_rows * value_width_ * 4, 64); }
  std::int64_t thread_bytes() const {
    std::size_t products = 0;
    for (const Tile* const tile : {&whole_, &last_})
      products = std::max({products, tile->scores.scratch.get_size(), tile->sums.scratch.get_size()});
    return up_to(scores_bytes() + sums_bytes() + static_cast<std::int64_t>(products), 4096);
  }

  AttentionLayer layer_;
  op::Attention how_;
  dnnl::engine engine_;
  std::int64_t sequences_, queries_, keys_, width_, value_width_;
  std::int64_t step_;  // numbers from one row of scores, or of transposed keys, to the next
  int threads_;
  std::int64_t tiles_;
  Tile whole_, last_;
};

}  // namespace

bool is_best_in_tiles(const Builder& b, const AttentionLayer& layer) {
  return layer.k.dims[1] >= least_keys && !TiledAttention(b, layer).too_slow(b);
}

void add_in_tiles(Builder& b, const AttentionLayer& layer) {
  const Node& node = b.graph()[layer.id];
  const TiledAttention attention(b, layer);
  const View scratch = b.fresh(DType::f32, {attention.scratch() / 4});
  std::vector<View> reads = {layer.q, layer.k, layer.v};
  if (layer.has_length) reads.push_back(layer.length);
  b.kernel(
      node.name, "tiles, " + attention.kernel(), reads, {layer.y, scratch},
      [=](const Bindings& at) { attention.run(at, at.pointer(scratch)); }, b.graph().flops(layer.id));
}

}  // namespace lp::onednn
