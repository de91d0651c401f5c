#pragma once
#include "formats/checkpoint.hpp"
#include "ir/graph.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>

namespace lp {

/// The weights that a model under construction has taken from its checkpoint. Without a checkpoint weights
/// are declared instead of checked, so a model can be built, sized and tested before any file is there.
class Binder {
 public:
  Binder(Graph& graph, const Checkpoint* checkpoint) : graph_(&graph), checkpoint_(checkpoint) {}

  /// @throws Error{bad_model} if the checkpoint has tensors that the model never took and that `ignored`
  /// (globs) does not list: the first five by name, each with the nearest name that was taken.
  void check_all_bound(std::span<const std::string> ignored) const;
  /// The same for a program of several graphs, of which one each may take a tensor.
  friend void check_all_bound(const std::vector<const Binder*>& binders,
                              std::span<const std::string> ignored);

 private:
  friend class Scope;
  Tensor bind(const std::string& path, const Shape& shape, Here at);
  bool has(const std::string& path) const;

  Graph* graph_;
  const Checkpoint* checkpoint_;
  std::map<std::string, int, std::less<>> bound_;  // path -> node; a weight used twice is one node
  std::set<std::string, std::less<>> paths_;       // keeps the text of scopes
};

void check_all_bound(const std::vector<const Binder*>& binders, std::span<const std::string> ignored);

/// A place in a checkpoint's tree of names: `w / "blocks" / 0 / "attn"`. Cheap to copy; the Binder must
/// outlive it.
class Scope {
 public:
  explicit Scope(Binder& binder) : binder_(&binder), path_(intern("")) {}

  Scope operator/(std::string_view name) const;
  /// The place under "vit." or the like; this one where `prefix` is empty.
  Scope prefixed(std::string_view prefix) const {
    return prefix.empty() ? *this : *this / prefix.substr(0, prefix.size() - 1);
  }
  Scope operator/(int index) const { return *this / std::string_view(std::to_string(index)); }

  /// The tensor called `path.name`, which must have exactly `shape`.
  /// @throws Error{bad_model} naming file, tensor, both shapes or the nearest name, and the model's line.
  Tensor operator()(std::string_view name, const Shape& shape, Here at = Here::current()) const;
  /// The same, or nothing where the checkpoint has no such tensor. Without a checkpoint: nothing is left out.
  std::optional<Tensor> maybe(std::string_view name, const Shape& shape, Here at = Here::current()) const;
  const std::string& path() const { return *path_; }

 private:
  const std::string* intern(std::string path) const {
    return &*binder_->paths_.insert(std::move(path)).first;
  }
  std::string child(std::string_view name) const;

  Binder* binder_;
  const std::string* path_;
};

}  // namespace lp
