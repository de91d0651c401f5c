#pragma once
#include "backends/backend.hpp"

#include <oneapi/dnnl/dnnl.hpp>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace lp::onednn {

/// Weights of one checkpoint in the forms that kernels asked for, each packed once and offered to every plan.
/// Thread-safe.
class PackedWeights final : public WeightStore {
 public:
  PackedWeights(Checkpoint checkpoint, dnnl::engine engine)
      : checkpoint_(std::move(checkpoint)), engine_(std::move(engine)) {}

  /// The tensor `path`, which `stored` describes as if it were f32, in the form `wanted`. A large one that
  /// lies so in the file is read there; else it is packed, and its source pages are dropped.
  /// @throws Error{bad_model} if the checkpoint has no such tensor.
  dnnl::memory get(const std::string& path, const dnnl::memory::desc& stored,
                   const dnnl::memory::desc& wanted);
  /// Bytes of all forms made so far.
  std::size_t size_bytes() const;

 private:
  Checkpoint checkpoint_;
  dnnl::engine engine_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<dnnl::memory>> packed_;
};

}  // namespace lp::onednn
