#include "tasks/whisper_model.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "models/config_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace lp {
namespace {

constexpr std::size_t margin =
    200;  // samples that are mirrored at each end: half of a frame's window, as torch.stft has it

constexpr int least_tokens = 16;  // half of them a prompt's

/// Lengths that plans are made for: powers of two, so that there are few.
int bucket(std::size_t tokens, int most) {
  return std::min(static_cast<int>(std::bit_ceil(tokens)), most);
}

}  // namespace

WhisperModel::WhisperModel(LoadedModel loaded)
    : sessions_(std::move(loaded), 16),
      frames_(2 * static_cast<int>(models::stored_size(sessions_.info().config, "positions", 1 << 16))),
      most_tokens_(static_cast<int>(models::stored_size(sessions_.info().config, "tokens", 1 << 16))) {
  if (frames_ * hop <= static_cast<int>(margin) || most_tokens_ < least_tokens)
    fail(Fault::bad_model, "{}: a Whisper of {} frames and {} tokens is not possible", model().name, frames_,
         most_tokens_);
  const Session& encoder = sessions_.at({.tokens = 1}, "encoder");
  const Session& decoder = sessions_.at({.tokens = 1}, "step");
  const std::array graphs = {&encoder.graph(), &decoder.graph()};
  const LoadedModel& shared = sessions_.loaded();
  states_ = shared.placement.backend->states(graphs, policy_of(*shared.model, shared.placement));
  features_.resize(static_cast<std::size_t>(elements(encoder.graph()[encoder.graph().outputs[0].id].shape)));
  scores_.resize(static_cast<std::size_t>(elements(decoder.graph()[decoder.graph().outputs[0].id].shape)));
}

Session& WhisperModel::step(int tokens) {
  return sessions_.at({.tokens = tokens}, "step");
}

void WhisperModel::hear(std::span<const float> samples) {
  StopWatch watch;
  const auto whole = static_cast<std::size_t>(frames_) * hop;
  samples = samples.first(std::min(samples.size(), whole));
  // The last frame of torch.stft is left out, and with it the end of the mirrored samples.
  constexpr std::size_t window = 2 * margin;
  padded_.assign(whole - hop + window, 0.0F);
  std::ranges::copy(samples.first(std::min(samples.size(), padded_.size() - margin)),
                    padded_.begin() + margin);
  for (std::size_t i = 1; i <= margin; ++i) {
    padded_[margin - i] = i < samples.size() ? samples[i] : 0.0F;
    if (const std::size_t at = margin + whole - 2 + i; at < padded_.size())
      padded_[at] = whole - i < samples.size() ? samples[whole - i] : 0.0F;
  }
  Session& encoder = sessions_.at({.tokens = 1}, "encoder");
  std::int32_t start = 0;
  const std::array inputs = {
      TensorView{DType::f32, {1, static_cast<std::int64_t>(padded_.size()), 1}, {}, padded_.data()},
      TensorView{DType::i32, {1}, {}, &start}};
  const Graph& graph = encoder.graph();
  const std::array outputs = {
      TensorView{DType::f32, sizes(graph[graph.outputs[0].id].shape), {}, features_.data()}};
  encoder.run({inputs, outputs, states_.get()});
  encoder_ms_ += watch.lap();
}

std::span<const float> WhisperModel::next(std::span<const std::int32_t> tokens, int before) {
  StopWatch watch;
  const int room = most_tokens() - before;
  if (tokens.empty() || static_cast<int>(tokens.size()) > room)
    fail(Fault::internal, "{}: {} tokens after {} of at most {}", model().name, tokens.size(), before,
         most_tokens());
  const int count = bucket(tokens.size(), room);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count)), places(ids.size());
  std::ranges::copy(tokens, ids.begin());
  for (int i = 0; i < count; ++i) places[static_cast<std::size_t>(i)] = before + i;
  // What fills the bucket is written behind the tokens, where nothing looks before other tokens have taken
  // its place.
  std::int32_t start = before, length = before + count, heard = frames_ / 2,
               last = static_cast<std::int32_t>(tokens.size()) - 1;
  const std::array inputs = {TensorView{DType::i32, {1, count}, {}, ids.data()},
                             TensorView{DType::i32, {1, count}, {}, places.data()},
                             TensorView{DType::i32, {1}, {}, &start},
                             TensorView{DType::i32, {1}, {}, &length},
                             TensorView{DType::i32, {1}, {}, &heard},
                             TensorView{DType::i32, {1}, {}, &last}};
  const std::array outputs = {
      TensorView{DType::f32, {1, static_cast<std::int64_t>(scores_.size())}, {}, scores_.data()}};
  step(count).run({inputs, outputs, states_.get()});
  decoder_ms_ += watch.lap();
  return scores_;
}

}  // namespace lp
