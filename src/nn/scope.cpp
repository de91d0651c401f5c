#include "nn/scope.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace lp {
namespace {

template <class Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> out;
  for (const auto& entry : map) out.push_back(entry.first);
  return out;
}

}  // namespace

bool Binder::has(const std::string& path) const {
  return checkpoint_ == nullptr || checkpoint_->tensors.contains(path);
}

Tensor Binder::bind(const std::string& path, const Shape& shape, Here at) {
  if (const auto it = bound_.find(path); it != bound_.end()) return {graph_, it->second};
  if (checkpoint_ != nullptr) {
    const auto it = checkpoint_->tensors.find(path);
    if (it == checkpoint_->tensors.end())
      fail(Fault::bad_model, "{}: no tensor `{}` ({}); nearest is `{}`", checkpoint_->file, path, text(at),
           nearest(path, keys(checkpoint_->tensors)));
    if (it->second.shape != sizes(shape))
      fail(Fault::bad_model, "{}: `{}` is [{}], but the model declares {} ({})", checkpoint_->file, path,
           fmt::join(it->second.shape, ", "), text(shape), text(at));
  }
  const int id = graph_->add(Weight{path}, {}, shape, path, at);
  bound_.emplace(path, id);
  return {graph_, id};
}

void Binder::check_all_bound(std::span<const std::string> ignored) const {
  lp::check_all_bound({this}, ignored);
}

void check_all_bound(const std::vector<const Binder*>& binders, std::span<const std::string> ignored) {
  const Checkpoint* const checkpoint = binders.front()->checkpoint_;
  if (checkpoint == nullptr) return;
  std::set<std::string> taken;
  for (const Binder* binder : binders)
    for (const auto& [path, id] : binder->bound_) taken.insert(path);
  const std::vector<std::string> names(taken.begin(), taken.end());
  std::vector<std::string> left;
  std::size_t count = 0;
  for (const auto& [path, tensor] : checkpoint->tensors) {
    const auto matches = [&p = path](const std::string& glob) { return glob_match(glob, p); };
    if (taken.contains(path) || std::any_of(ignored.begin(), ignored.end(), matches)) continue;
    if (++count <= 5) left.push_back(fmt::format("`{}` (nearest used: `{}`)", path, nearest(path, names)));
  }
  if (count == 0) return;
  fail(Fault::bad_model, "{}: the model does not use {} of its tensors: {}{}", checkpoint->file, count,
       fmt::join(left, ", "), count > left.size() ? ", ..." : "");
}

std::string Scope::child(std::string_view name) const {
  return path_->empty() ? std::string(name) : fmt::format("{}.{}", *path_, name);
}

Scope Scope::operator/(std::string_view name) const {
  Scope inner = *this;
  inner.path_ = intern(child(name));
  return inner;
}

Tensor Scope::operator()(std::string_view name, const Shape& shape, Here at) const {
  return binder_->bind(child(name), shape, at);
}

std::optional<Tensor> Scope::maybe(std::string_view name, const Shape& shape, Here at) const {
  if (!binder_->has(child(name))) return {};
  return (*this)(name, shape, at);
}

}  // namespace lp
