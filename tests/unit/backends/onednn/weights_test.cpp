#include "backends/onednn/weights.hpp"

#include <doctest/doctest.h>

namespace lp::onednn {
namespace {

const std::vector<float> shared_values = {1, 2, 3, 4, 5, 6}, own_values = {6, 5, 4, 3, 2, 1};

StoredTensor stored(const std::vector<float>& values) {
  return {DType::f32, {2, 3}, std::as_bytes(std::span(values))};
}

/// Row-major [2, 3] in columns, which no file has: it must be packed.
dnnl::memory in_columns(PackedWeights& weights, const std::string& path) {
  const dnnl::memory::dims sizes = {2, 3};
  return weights.get(path, {sizes, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab},
                     {sizes, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ba});
}

}  // namespace

TEST_CASE("forms of tensors in the same memory are shared") {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  Checkpoint first, second;
  first.tensors = {{"same", stored(shared_values)}, {"other", stored(shared_values)}};
  second.tensors = {{"same", stored(shared_values)}, {"other", stored(own_values)}};
  const auto one = std::make_shared<PackedWeights>(first, engine);
  PackedWeights two(second, engine, false, one);

  CHECK(in_columns(two, "same").get_data_handle() == in_columns(*one, "same").get_data_handle());
  CHECK(in_columns(two, "other").get_data_handle() != in_columns(*one, "other").get_data_handle());
  const auto* const other = static_cast<const float*>(in_columns(two, "other").get_data_handle());
  CHECK(std::vector<float>(other, other + 6) == std::vector<float>{6, 3, 5, 2, 4, 1});
}

}  // namespace lp::onednn
