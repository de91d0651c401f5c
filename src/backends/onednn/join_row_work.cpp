#include "backends/onednn/row_work.hpp"
#include "backends/onednn/strips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lp::onednn {
namespace {

/// Who touches each buffer of a plan: the first and the last step, the number of steps where it is something
/// that others ask for.
class Users {
 public:
  explicit Users(const Plan& plan) : steps_(plan.buffers.size()) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      for (const View& view : plan.steps[i].reads) add(view, i);
      for (const View& view : plan.steps[i].writes) add(view, i);
    }
    const std::size_t end = plan.steps.size();
    for (const auto* const ports : {&plan.inputs, &plan.outputs, &plan.states, &plan.kept})
      for (const Plan::Port& port : *ports) add(port.view, end);
  }
  bool only_within(int buffer, std::size_t first, std::size_t end) const {
    const auto& [low, high] = steps_[static_cast<std::size_t>(buffer)];
    return low >= first && high < end;
  }

 private:
  void add(const View& view, std::size_t step) {
    auto& [low, high] = steps_[static_cast<std::size_t>(view.buffer)];
    low = std::min(low, step);
    high = std::max(high, step);
  }
  struct Span {
    std::size_t low = std::numeric_limits<std::size_t>::max(), high = 0;
  };
  std::vector<Span> steps_;
};

bool is_same(const View& a, const View& b) {
  return a.dtype == b.dtype && a.dims == b.dims && a.offset == b.offset;
}

/// Whether `work` can come behind `other` in a group: of the same rows, it changes nothing that was read, and
/// looks at what was made as it was made.
bool can_follow(const RowWork& other, const RowWork& work) {
  const auto is_changed = [&](const RowWork::Read& read) { return read.view.buffer == work.y.buffer; };
  const auto is_made = [&](const View& view) { return view.buffer == other.y.buffer; };
  const auto is_made_otherwise = [&](const RowWork::Read& read) {
    return is_made(read.view) && !is_same(read.view, other.y);
  };
  return work.y.dims[1] == other.y.dims[1] && std::ranges::none_of(other.reads, is_changed) &&
         std::ranges::none_of(work.whole, is_made) && std::ranges::none_of(work.reads, is_made_otherwise) &&
         (!is_made(work.y) || is_same(work.y, other.y));
}

/// Steps [first, end) of a plan as strips.
Strips strips_of(const Plan& plan, const Users& users, std::size_t first, std::size_t end, int threads) {
  std::vector<std::shared_ptr<const RowWork>> works;
  std::set<int> own;
  for (std::size_t i = first; i < end; ++i) {
    works.push_back(plan.steps[i].row_work);
    if (const int buffer = works.back()->y.buffer; users.only_within(buffer, first, end)) own.insert(buffer);
  }
  return {std::move(works), own, threads};
}

/// The end of the longest group of steps from `first` on.
std::size_t end_of_group(const Plan& plan, const Users& users, std::size_t first, int threads) {
  std::vector<std::shared_ptr<const RowWork>> group;
  std::size_t end = first;
  for (; end < plan.steps.size(); ++end) {
    const auto& work = plan.steps[end].row_work;
    const auto allows = [&](const auto& other) { return can_follow(*other, *work); };
    if (work == nullptr || work->y.dims[0] != 1 || !std::ranges::all_of(group, allows)) break;
    group.push_back(work);
  }
  const auto is_well = [&] {
    const Strips strips = strips_of(plan, users, first, end, threads);
    if (!strips.fits()) return false;
    // What others look at is written once: its readers in the group may want no rows but their own.
    for (std::size_t i = first; i < end; ++i)
      if (strips.reaches(i - first) && !users.only_within(plan.steps[i].row_work->y.buffer, first, end))
        return false;
    return true;
  };
  while (end > first && !is_well()) --end;
  return end;
}

Step joined(Plan& plan, const Users& users, std::size_t first, std::size_t end, Strips strips) {
  Step step;
  for (std::size_t i = first; i < end; ++i) {
    const RowWork& work = *plan.steps[i].row_work;
    step.flops += plan.steps[i].flops;
    step.reads.insert(step.reads.end(), work.whole.begin(), work.whole.end());
    for (const RowWork::Read& read : work.reads)
      if (!users.only_within(read.view.buffer, first, end)) step.reads.push_back(read.view);
    if (!users.only_within(work.y.buffer, first, end)) step.writes.push_back(work.y);
  }
  const View memory{DType::i8, {strips.memory_bytes()}, {1}, static_cast<int>(plan.buffers.size()), 0};
  plan.buffers.push_back({.size_bytes = static_cast<std::size_t>(strips.memory_bytes())});
  step.writes.push_back(memory);
  step.name = fmt::format("{} .. {}", plan.steps[first].name, plan.steps[end - 1].name);
  step.kernel = fmt::format("strips:{}", end - first);
  step.kernel_function = [strips = std::move(strips), memory](const Bindings& at) {
    strips.run(at, at.pointer(memory));
  };
  return step;
}

}  // namespace

void join_row_work(Plan& plan, int threads) {
  const Users users(plan);
  std::vector<Step> steps;
  for (std::size_t first = 0; first < plan.steps.size();) {
    const std::size_t end = end_of_group(plan, users, first, threads);
    if (end > first + 1)
      if (Strips strips = strips_of(plan, users, first, end, threads); strips.pays()) {
        steps.push_back(joined(plan, users, first, end, std::move(strips)));
        first = end;
        continue;
      }
    steps.push_back(plan.steps[first++]);
  }
  plan.steps = std::move(steps);
}

}  // namespace lp::onednn
