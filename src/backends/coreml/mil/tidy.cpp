#include "backends/coreml/mil/function.hpp"

#include <algorithm>

namespace lp::coreml::mil {

std::vector<int> Function::makers() const {
  std::vector<int> makers(values_.size(), -1);
  for (std::size_t i = 0; i < operations_.size(); ++i)
    for (const int id : operations_[i].results) makers[static_cast<std::size_t>(id)] = static_cast<int>(i);
  return makers;
}

/// A reshape of a reshape reads what the first one reads; one that changes nothing goes. The first of two
/// stays where somebody else reads it.
void Function::merge_reshapes() {
  const std::vector<int> maker = makers();
  std::vector<int> same_as(values_.size());  // what to read in place of each value
  for (std::size_t id = 0; id < same_as.size(); ++id) same_as[id] = static_cast<int>(id);
  for (Operation& operation : operations_) {
    for (auto& [parameter, ids] : operation.arguments)
      for (int& id : ids) id = same_as[static_cast<std::size_t>(id)];
    if (operation.type != "reshape") continue;
    int& from = operation.arguments.front().second.front();
    const int made_by = maker[static_cast<std::size_t>(from)];
    if (made_by >= 0 && operations_[static_cast<std::size_t>(made_by)].type == "reshape")
      from = operations_[static_cast<std::size_t>(made_by)].arguments.front().second.front();
    const auto result = static_cast<std::size_t>(operation.results.front());
    if (!values_[result].is_public && values_[result].type == values_[static_cast<std::size_t>(from)].type)
      same_as[result] = from;
  }
}

/// Operations go whose results nobody reads and that change no state.
void Function::remove_unread() {
  std::vector<bool> read(values_.size(), false);
  for (const int id : outputs_) read[static_cast<std::size_t>(id)] = true;
  std::vector<Operation> kept;
  for (auto it = operations_.rbegin(); it != operations_.rend(); ++it) {
    const bool needed =
        it->results.empty() || std::any_of(it->results.begin(), it->results.end(),
                                           [&](int id) { return read[static_cast<std::size_t>(id)]; });
    if (!needed) continue;
    for (const auto& [parameter, ids] : it->arguments)
      for (const int id : ids) read[static_cast<std::size_t>(id)] = true;
    kept.push_back(std::move(*it));
  }
  std::reverse(kept.begin(), kept.end());
  operations_ = std::move(kept);
}

void Function::tidy() {
  merge_reshapes();
  remove_unread();
}

}  // namespace lp::coreml::mil
