#include "formats/batch_norm.hpp"

#include "files.hpp"
#include "formats/tensor_data.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace lp::test {
namespace {

using Values = std::vector<float>;

const Values weight = {1, 2, 3, 4}, gamma = {2, 3}, beta = {0.5F, -1}, mean = {1, -2}, variance = {3, 8},
             bias = {10, 20};
const std::vector<std::int64_t> batches = {7};

/// A convolution of two channels by two, and the norm after it.
Checkpoint layer(const std::string& conv, const std::string& norm) {
  Checkpoint checkpoint;
  checkpoint.file = "file";
  checkpoint.tensors = {{conv + ".weight", tensor(DType::f32, {2, 2, 1, 1}, weight)},
                        {norm + ".weight", tensor(DType::f32, {2}, gamma)},
                        {norm + ".bias", tensor(DType::f32, {2}, beta)},
                        {norm + ".running_mean", tensor(DType::f32, {2}, mean)},
                        {norm + ".running_var", tensor(DType::f32, {2}, variance)},
                        {norm + ".num_batches_tracked", tensor(DType::i64, {}, batches)}};
  return checkpoint;
}

Values values(const Checkpoint& checkpoint, const std::string& name) {
  return to_f32(checkpoint.tensors.at(name));
}

std::string refused(Checkpoint checkpoint) {
  return refusal([&] { fold_batch_norms(checkpoint, 1); });
}

TEST_CASE("batch norm: folded into the convolution before it, as by hand") {
  Checkpoint checkpoint = layer("a.conv", "a.bn");
  fold_batch_norms(checkpoint, 1);  // so that the roots are 2 and 3
  CHECK(checkpoint.tensors.size() == 2);
  CHECK(values(checkpoint, "a.conv.weight") == Values{1, 2, 3, 4});  // gamma / root is 1 for both
  CHECK(values(checkpoint, "a.conv.bias") == Values{-0.5F, 1});
  CHECK(checkpoint.tensors.at("a.conv.weight").shape == std::vector<std::int64_t>{2, 2, 1, 1});

  checkpoint = layer("a.conv", "a.bn");
  checkpoint.tensors["a.conv.bias"] = tensor(DType::f32, {2}, bias);
  checkpoint.batch_norm_eps["a.bn"] = 13;  // roots 4 and sqrt(21)
  fold_batch_norms(checkpoint, 1);
  const double root = std::sqrt(21.0);
  CHECK(values(checkpoint, "a.conv.weight") ==
        Values{0.5F, 1, static_cast<float>(3 * (3 / root)), static_cast<float>(4 * (3 / root))});
  CHECK(values(checkpoint, "a.conv.bias") == Values{5, static_cast<float>(22 * (3 / root) - 1)});
}

TEST_CASE("batch norm: without gamma and beta they are 1 and 0; half precision is folded into f32") {
  Checkpoint checkpoint = layer("conv1", "bn1");
  checkpoint.tensors.erase("bn1.weight");
  checkpoint.tensors.erase("bn1.bias");
  const auto half = from_f32(weight, DType::f16);
  checkpoint.tensors["conv1.weight"] = {DType::f16, {2, 2, 1, 1}, half};
  fold_batch_norms(checkpoint, 1);
  CHECK(checkpoint.tensors.at("conv1.weight").dtype == DType::f32);
  CHECK(values(checkpoint, "conv1.weight") ==
        Values{0.5F, 1, static_cast<float>(3 * (1.0 / 3)), static_cast<float>(4 * (1.0 / 3))});
  CHECK(values(checkpoint, "conv1.bias") == Values{-0.5F, static_cast<float>(2 * (1.0 / 3))});
}

TEST_CASE("batch norm: the pairs that are known, and what is none") {
  const std::pair<const char*, const char*> pairs[] = {{"conv", "bn"},
                                                       {"layer1.0.conv1", "layer1.0.bn1"},
                                                       {"layer1.0.conv2", "layer1.0.bn2"},
                                                       {"layer1.0.conv3", "layer1.0.bn3"},
                                                       {"layer1.0.downsample.0", "layer1.0.downsample.1"}};
  for (const auto& [conv, norm] : pairs) {
    CAPTURE(norm);
    Checkpoint checkpoint = layer(conv, norm);
    fold_batch_norms(checkpoint, 1);
    CHECK(checkpoint.tensors.size() == 2);
  }
  const std::pair<const char*, const char*> others[] = {
      {"conv", "norm"}, {"a.conv", "b.bn"}, {"conv1", "bn2"}, {"preconv", "prebn"}};
  for (const auto& [conv, norm] : others) {
    CAPTURE(norm);
    Checkpoint checkpoint = layer(conv, norm);
    const auto before = checkpoint.tensors;
    fold_batch_norms(checkpoint, 1);
    check_same(checkpoint, before);
  }
  Checkpoint checkpoint = layer("fc", "fc_bn");
  checkpoint.tensors["other.num_batches_tracked"] = tensor(DType::i64, {}, batches);
  fold_batch_norms(checkpoint, 1);
  CHECK(checkpoint.tensors.contains("other.num_batches_tracked"));
}

TEST_CASE("batch norm: what does not fit is refused") {
  Checkpoint checkpoint = layer("a.conv", "a.bn");
  checkpoint.tensors["a.bn.bias"] = tensor(DType::f32, {4}, weight);
  CHECK(refused(checkpoint) == "file: `a.bn.bias` is [4], but the convolution before it has 2 channels");
  checkpoint = layer("a.conv", "a.bn");
  checkpoint.tensors.erase("a.bn.running_mean");
  CHECK(refused(checkpoint) == "file: no tensor `a.bn.running_mean`, which every batch norm has");
  for (const float wrong :
       {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const Values spread = {wrong, 1};
    checkpoint = layer("a.conv", "a.bn");
    checkpoint.tensors["a.bn.running_var"] = tensor(DType::f32, {2}, spread);
    CHECK(refused(checkpoint).starts_with("file: `a.bn.running_var` is "));
  }
}

}  // namespace
}  // namespace lp::test
