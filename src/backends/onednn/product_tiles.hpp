#pragma once
#include "backends/onednn/tiled_attention.hpp"

#include <array>

namespace lp::onednn {

/// Tiles of attention by oneDNN's products of matrices, f32 or bf16.
class ProductTiles {
 public:
  static constexpr std::int64_t rows = 64;  // queries: their scores of 1,500 keys are 0.4 MB

  /// Makes the products. @throws dnnl::error where there are none.
  ProductTiles(const dnnl::engine& engine, const HeadSizes& sizes);

  /// Names of oneDNN's kernels.
  std::vector<std::string> kernels() const;
  /// The keys of a head, transposed.
  std::int64_t head_bytes() const;
  /// What a thread needs to work in.
  std::int64_t thread_bytes() const;
  void prepare(const AttentionLayer& layer, const std::byte* k, const std::byte* v, std::byte* head) const;

 private:
  /// A product of matrices that one thread computes.
  struct Product {
    dnnl::memory::desc left, right, result, scratch;
    dnnl::matmul primitive;
    std::string kernel;
  };
  static Product product(const dnnl::engine& engine, const dnnl::memory::desc& left,
                         const dnnl::memory::desc& right, const dnnl::memory::desc& result);

  /// Products of `count` queries.
  struct Tile {
    std::int64_t count;
    Product scores, sums;
  };
  Tile tile(std::int64_t count) const;

  /// A product with the memory of one thread, which follows from tile to tile.
  class Bound {
   public:
    Bound(const Product& product, const dnnl::engine& engine, std::byte* scratch);
    void run(dnnl::stream& stream, const std::byte* left, const std::byte* right, std::byte* result);

   private:
    dnnl::matmul primitive_;
    dnnl::memory left_, right_, result_;
    std::unordered_map<int, dnnl::memory> arguments_;
  };

 public:
  /// What one thread computes with.
  class Worker {
   public:
    Worker(const ProductTiles& of, std::byte* scratch);
    /// As BfloatTiles::attend; values lie where they lie.
    void attend(const TileQueries& queries, const std::byte* head, const std::byte* v, float* sums,
                float* inverse);

   private:
    const ProductTiles& of_;
    std::byte* scores_;
    dnnl::stream stream_;
    std::array<Bound, 2> whole_, last_;  // scores, sums
  };

 private:
  std::int64_t scores_bytes() const { return rows * step_ * 4; }

  dnnl::engine engine_;
  HeadSizes sizes_;
  std::int64_t step_;  // numbers from one row of scores, or of transposed keys, to the next
  Tile whole_, last_;
};

}  // namespace lp::onednn
