#pragma once
#include "backends/backend.hpp"
#include "base/weight_memory.hpp"

#include <oneapi/dnnl/dnnl.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace lp::onednn {

/// Weights of one checkpoint in the forms that kernels asked for, each packed once and offered to every plan.
/// Thread-safe.
class PackedWeights final : public WeightStore {
 public:
  /// `adds_in_16_bits`: whether the processor adds two products of u8 and s8 in 16 bits; quantized weights
  /// are then made to fit (fit_pairs.hpp).
  /// `alike`: packed weights, or null, of a checkpoint that has some tensors in common with this one, in the
  /// same memory: those forms are shared.
  PackedWeights(Checkpoint checkpoint, dnnl::engine engine, bool adds_in_16_bits = false,
                std::shared_ptr<PackedWeights> alike = nullptr)
      : checkpoint_(std::move(checkpoint)),
        engine_(std::move(engine)),
        adds_in_16_bits_(adds_in_16_bits),
        alike_(std::move(alike)) {}

  /// The tensor `path`, which `stored` describes as if it were f32, in the form `wanted`. A large one that
  /// lies so in the file is read there; else it is packed, and its source pages are dropped.
  /// @throws Error{bad_model} if the checkpoint has no such tensor.
  dnnl::memory get(const std::string& path, const dnnl::memory::desc& stored,
                   const dnnl::memory::desc& wanted);
  /// The same of numbers in another order: `arrange` makes them of the tensor's, row-major as `arranged`
  /// describes.
  dnnl::memory get_arranged(const std::string& path,
                            const std::function<std::vector<float>(std::span<const float>)>& arrange,
                            const dnnl::memory::desc& arranged, const dnnl::memory::desc& wanted);
  /// Whether the tensor `path` is quantized: i8 with a scale for each index of its first axis.
  bool is_quantized(const std::string& path) const;
  /// Whether it was divided by factors (StoredTensor::smoothing).
  bool is_smoothed(const std::string& path) const;
  /// The whole numbers of a quantized tensor, which `stored` describes (s8), in the form `wanted`.
  dnnl::memory get_levels(const std::string& path, const dnnl::memory::desc& stored,
                          const dnnl::memory::desc& wanted);
  /// What its numbers are multiplied by, f32 [size of the first axis].
  dnnl::memory scales(const std::string& path);
  /// The whole numbers and scales of a quantized tensor as the checkpoint has them, valid as long as this is.
  struct QuantizedRows {
    const std::int8_t* numbers;  // row-major
    const float* scales;         // of the first axis
  };
  QuantizedRows quantized_rows(const std::string& path);
  /// Bytes of all forms made so far.
  std::size_t size_bytes() const;

 private:
  struct Levels {
    std::string path;
    std::vector<std::int8_t> numbers;
    std::vector<float> scales;
  };
  const Levels& fitted(const std::string& path);
  const StoredTensor& tensor(const std::string& path) const;
  /// The store whose form of a tensor this one shares; null if it has its own.
  PackedWeights* sharing(const std::string& path) const;
  dnnl::memory packed(const std::string& path, dnnl::memory source, const dnnl::memory::desc& wanted);

  Checkpoint checkpoint_;
  dnnl::engine engine_;
  bool adds_in_16_bits_;
  std::shared_ptr<PackedWeights> alike_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<dnnl::memory>> packed_;
  std::map<std::string, dnnl::memory> scales_;
  std::map<std::string, QuantizedRows> stored_rows_;
  std::size_t stored_bytes_ = 0;  // of stored_rows_
  WeightMemory pages_;            // of all forms
  Levels last_;                   // asked for twice in a row: numbers, scales
};

}  // namespace lp::onednn
