#include "backends/onednn/program.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

constexpr std::size_t alignment = 64;  // a cache line, and the widest vector

std::size_t aligned(std::size_t size) {
  return (size + alignment - 1) / alignment * alignment;
}

void touch(Plan& plan, const View& view, int step) {
  if (view.buffer < 0) return;
  Buffer& buffer = plan.buffers[static_cast<std::size_t>(view.buffer)];
  if (buffer.first < 0) buffer.first = step;
  buffer.last = std::max(buffer.last, step);
}

void find_lifetimes(Plan& plan) {
  const int end = static_cast<int>(plan.steps.size());
  for (const auto& port : plan.inputs) touch(plan, port.view, 0);
  for (int i = 0; i < end; ++i) {
    for (const View& view : plan.steps[static_cast<std::size_t>(i)].reads) touch(plan, view, i);
    for (const View& view : plan.steps[static_cast<std::size_t>(i)].writes) touch(plan, view, i);
  }
  for (const auto& port : plan.outputs) touch(plan, port.view, end);
  for (const auto& port : plan.kept) touch(plan, port.view, end);
}

}  // namespace

void place_in_arena(Plan& plan) {
  find_lifetimes(plan);
  std::vector<Buffer*> by_size;
  for (Buffer& buffer : plan.buffers)
    if (buffer.first >= 0 && buffer.kind != Buffer::Kind::state && buffer.kind != Buffer::Kind::constant)
      by_size.push_back(&buffer);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const Buffer* a, const Buffer* b) { return a->size_bytes > b->size_bytes; });
  std::vector<const Buffer*> placed;  // by rising offset
  for (Buffer* buffer : by_size) {
    std::size_t at = 0;
    for (const Buffer* other : placed) {
      if (other->last < buffer->first || other->first > buffer->last) continue;
      if (other->offset >= at + aligned(buffer->size_bytes)) break;
      at = std::max(at, other->offset + aligned(other->size_bytes));
    }
    buffer->offset = at;
    plan.arena_bytes = std::max(plan.arena_bytes, at + aligned(buffer->size_bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), buffer,
                                   [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; }),
                  buffer);
  }
  for (const Step& step : plan.steps) plan.scratch_bytes = std::max(plan.scratch_bytes, step.scratch_bytes);
}

}  // namespace lp::onednn
