#include "backends/onednn/product_tiles.hpp"

#include "backends/onednn/kernels/softmax.hpp"
#include "backends/onednn/kernels/transpose.hpp"

#include <omp.h>

#include <algorithm>

namespace lp::onednn {
namespace {

using dnnl::memory;

constexpr std::int64_t line = 32;  // rows of scores and keys begin at multiples of so many numbers

/// Primitives that one thread runs are made for one: their blocks and memory are settled then.
class ForOneThread {
 public:
  ForOneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~ForOneThread() { omp_set_num_threads(before_); }
  ForOneThread(const ForOneThread&) = delete;
  ForOneThread& operator=(const ForOneThread&) = delete;

 private:
  int before_;
};

}  // namespace

ProductTiles::Product ProductTiles::product(const dnnl::engine& engine, const memory::desc& left,
                                            const memory::desc& right, const memory::desc& result) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const ForOneThread one;
  const dnnl::matmul::primitive_desc plan(engine, left, right, result, attributes);
  return {left, right, result, plan.scratchpad_desc(), dnnl::matmul(plan), plan.impl_info_str()};
}

ProductTiles::Tile ProductTiles::tile(std::int64_t count) const {
  const memory::data_type type = data_type(sizes_.type), f32 = memory::data_type::f32;
  // Weights take the place of scores: in bf16 they are half as wide.
  const std::int64_t step = sizes_.type == DType::bf16 ? 2 * step_ : step_;
  const memory::desc q({count, sizes_.width}, type, {sizes_.q_step, 1}),
      keys({sizes_.width, sizes_.keys}, type, {step_, 1}), scores({count, sizes_.keys}, f32, {step_, 1}),
      weights({count, sizes_.keys}, type, {step, 1}),
      v({sizes_.keys, sizes_.value_width}, type, {sizes_.v_step, 1}),
      sums({count, sizes_.value_width}, f32, {sizes_.value_width, 1});
  return {count, product(engine_, q, keys, scores), product(engine_, weights, v, sums)};
}

ProductTiles::ProductTiles(const dnnl::engine& engine, const HeadSizes& sizes)
    : engine_(engine),
      sizes_(sizes),
      step_((sizes.keys + line - 1) / line * line),
      whole_(tile(std::min(rows, sizes.queries))),
      last_(tile((sizes.queries - 1) % rows + 1)) {}

std::vector<std::string> ProductTiles::kernels() const {
  return {whole_.scores.kernel, whole_.sums.kernel, last_.scores.kernel, last_.sums.kernel};
}

std::int64_t ProductTiles::head_bytes() const {
  return sizes_.width * step_ * static_cast<std::int64_t>(size_bytes(sizes_.type));
}

std::int64_t ProductTiles::thread_bytes() const {
  std::size_t products = 0;
  for (const Tile* const tile : {&whole_, &last_})
    products = std::max({products, tile->scores.scratch.get_size(), tile->sums.scratch.get_size()});
  return scores_bytes() + static_cast<std::int64_t>(products);
}

void ProductTiles::prepare(const AttentionLayer& layer, const std::byte* k, const std::byte* /*v*/,
                           std::byte* head) const {
  transpose(sizes_.type, sizes_.keys, sizes_.width, k, layer.k.strides[1], head, step_);
}

ProductTiles::Bound::Bound(const Product& product, const dnnl::engine& engine, std::byte* scratch)
    : primitive_(product.primitive),
      left_(product.left, engine, DNNL_MEMORY_NONE),
      right_(product.right, engine, DNNL_MEMORY_NONE),
      result_(product.result, engine, DNNL_MEMORY_NONE),
      arguments_({{DNNL_ARG_SRC, left_},
                  {DNNL_ARG_WEIGHTS, right_},
                  {DNNL_ARG_DST, result_},
                  {DNNL_ARG_SCRATCHPAD, memory(product.scratch, engine, scratch)}}) {}

void ProductTiles::Bound::run(dnnl::stream& stream, const std::byte* left, const std::byte* right,
                              std::byte* result) {
  left_.set_data_handle(const_cast<std::byte*>(left));
  right_.set_data_handle(const_cast<std::byte*>(right));
  result_.set_data_handle(result);
  primitive_.execute(stream, arguments_);
}

ProductTiles::Worker::Worker(const ProductTiles& of, std::byte* scratch)
    : of_(of),
      scores_(scratch),
      stream_(of.engine_),
      whole_{Bound(of.whole_.scores, of.engine_, scratch + of.scores_bytes()),
             Bound(of.whole_.sums, of.engine_, scratch + of.scores_bytes())},
      last_{Bound(of.last_.scores, of.engine_, scratch + of.scores_bytes()),
            Bound(of.last_.sums, of.engine_, scratch + of.scores_bytes())} {}

void ProductTiles::Worker::attend(const TileQueries& queries, const std::byte* head, const std::byte* v,
                                  float* sums, float* inverse) {
  auto& [scores, sum] = queries.count == of_.whole_.count ? whole_ : last_;
  scores.run(stream_, queries.from, head, scores_);
  for (std::int64_t row = 0; row < queries.count; ++row)
    inverse[row] = weigh_row(scores_ + row * of_.step_ * 4, of_.sizes_.scale,
                             std::max<std::int64_t>(0, queries.seen + row * queries.seen_step),
                             of_.sizes_.keys, of_.sizes_.type == DType::bf16);
  sum.run(stream_, scores_, v, reinterpret_cast<std::byte*>(sums));
}

}  // namespace lp::onednn
