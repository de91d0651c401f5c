#pragma once
#include "runtime/session.hpp"

#include <list>
#include <string>

namespace lp {

/// Sessions of one model by graph and size, compiled when first asked for; they share its weights. Bounded:
/// the one that was not used for longest goes first. Not thread-safe.
class SessionCache {
 public:
  explicit SessionCache(LoadedModel loaded, std::size_t most = 8);

  const LoadedModel& loaded() const { return loaded_; }
  const ModelInfo& info() const { return loaded_.model->info; }
  std::size_t size() const { return sessions_.size(); }
  /// The session of one of the model's graphs (empty: its first) for these sizes. It stays as long as less
  /// than `most` others are asked for. @throws as Session's constructor.
  Session& at(const BuildOptions& sizes, const std::string& graph = {});
  /// Lets the other sessions of this one's graph rest: the next run may well be one of the same size.
  void rest_others(const Session& running);

 private:
  LoadedModel loaded_;
  std::size_t most_;
  std::list<Session> sessions_;  // last used first
};

/// One run with fresh buffers for its outputs and fresh states: their numbers, row-major, by name.
std::map<std::string, std::vector<float>> run_to_values(Session& session, std::span<const TensorView> inputs);

}  // namespace lp
