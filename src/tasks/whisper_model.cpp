#include "tasks/whisper_model.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "models/config_file.hpp"
#include "tasks/log_sum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

namespace lp {
namespace {

constexpr std::size_t margin =
    200;  // samples that are mirrored at each end: half of a frame's window, as torch.stft has it

constexpr int least_tokens = 16;           // half of them a prompt's
constexpr std::size_t most_sessions = 32;  // 15 lengths of sounds, 8 of texts, beams of two numbers

/// Lengths that plans are made for: powers of two, so that there are few.
int bucket(std::size_t tokens, int most) {
  return std::min(static_cast<int>(std::bit_ceil(tokens)), most);
}

int size_in(const ModelInfo& info, const char* key, std::int64_t most) {
  return static_cast<int>(models::stored_size(info.config, key, most));
}

template <std::size_t count>
TensorView indices(std::array<std::int64_t, count> shape, const std::int32_t* values) {
  return {DType::i32, {shape.begin(), shape.end()}, {}, const_cast<std::int32_t*>(values)};
}

/// What a layer asks the sound, by name.
std::string question_of(int layer) {
  return fmt::format("model.decoder.layers.{}.encoder_attn.q_proj", layer);
}

}  // namespace

std::vector<float> whisper_input(std::span<const float> samples, int frames) {
  constexpr std::size_t hop = WhisperModel::hop, window = 2 * margin;
  const std::size_t whole = static_cast<std::size_t>(frames) * hop;
  samples = samples.first(std::min(samples.size(), whole));
  // The last frame of torch.stft is left out, and with it the end of the mirrored samples.
  std::vector<float> input(whole - hop + window, 0.0F);
  std::ranges::copy(samples.first(std::min(samples.size(), input.size() - margin)), input.begin() + margin);
  for (std::size_t i = 1; i <= margin; ++i) {
    input[margin - i] = i < samples.size() ? samples[i] : 0.0F;
    if (const std::size_t at = margin + whole - 2 + i; at < input.size())
      input[at] = whole - i < samples.size() ? samples[whole - i] : 0.0F;
  }
  return input;
}

WhisperModel::Shared::Shared(LoadedModel loaded) : sessions(std::move(loaded), most_sessions) {}

WhisperModel::WhisperModel(LoadedModel loaded) : WhisperModel(std::make_shared<Shared>(std::move(loaded))) {}

WhisperModel::WhisperModel(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)),
      frames_(2 * size_in(info(), "positions", 1 << 16)),
      most_tokens_(size_in(info(), "tokens", 1 << 16)),
      vocabulary_(static_cast<std::size_t>(size_in(info(), "vocabulary", 1 << 22))) {
  if (frames_ < least_frames || most_tokens_ < least_tokens)
    fail(Fault::bad_model, "{}: a Whisper of {} frames and {} tokens is not possible", model().name, frames_,
         most_tokens_);
  states_ = states_for(1);
}

/// States for so many beams, all zero.
std::unique_ptr<States> WhisperModel::states_for(int beams) const {
  const Program program = build_program(model(), {.batch = beams, .tokens = 1});
  std::vector<const Graph*> graphs;
  for (const Graph& graph : program.graphs)
    if (beams > 1 || graph.name == "encoder" || graph.name == "step") graphs.push_back(&graph);
  return loaded().placement.backend->states(graphs, policy_of(model(), loaded().placement));
}

void WhisperModel::hear(std::span<const float> samples, int frames) {
  const std::scoped_lock turn(shared_->turn);
  StopWatch watch;
  if (frames < least_frames || frames > frames_ || frames % 2 != 0)
    fail(Fault::internal, "{}: {} frames of at most {} at a time", model().name, frames, frames_);
  heard_ = frames / 2;
  asked_.clear();
  std::vector<float> padded = whisper_input(samples, frames);
  Session& encoder = shared_->sessions.at({.tokens = 1, .frames = frames}, "encoder");
  shared_->sessions.rest_others(encoder);  // each length has an arena of its own, of some 20 to 40 MB
  const std::int32_t start = 0;
  const std::array inputs = {
      TensorView{DType::f32, {1, static_cast<std::int64_t>(padded.size()), 1}, {}, padded.data()},
      indices<1>({1}, &start)};
  const std::vector<std::int64_t> shape = sizes(encoder.graph()[encoder.graph().outputs[0].id].shape);
  std::vector<float> features(static_cast<std::size_t>(shape[1] * shape[2]));  // what counts is in the states
  const std::array outputs = {TensorView{DType::f32, shape, {}, features.data()}};
  encoder.run({inputs, outputs, states_.get()});
  encoder_ms_ += watch.lap();
}

std::span<const float> WhisperModel::run_decoder(Session& session, std::span<const TensorView> inputs,
                                                 int sequences) {
  asked_.clear();
  scores_.resize(vocabulary_ * static_cast<std::size_t>(sequences));
  const std::array outputs = {
      TensorView{DType::f32, {sequences, static_cast<std::int64_t>(vocabulary_)}, {}, scores_.data()}};
  session.run({inputs, outputs, states_.get()});
  return scores_;
}

/// Gives these tokens to a session of `step` that takes at least as many. The scores are in `scores_`.
void WhisperModel::run_step(Session& session, std::span<const std::int32_t> tokens, int before) {
  const int count = session.options().sizes.tokens;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count)), places(ids.size());
  std::ranges::copy(tokens, ids.begin());
  for (int i = 0; i < count; ++i) places[static_cast<std::size_t>(i)] = before + i;
  // What fills the rest is written behind the tokens, where nothing looks before other tokens have taken its
  // place.
  const std::int32_t start = before, length = before + count,
                     last = static_cast<std::int32_t>(tokens.size()) - 1;
  const std::array inputs = {indices<2>({1, count}, ids.data()),
                             indices<2>({1, count}, places.data()),
                             indices<1>({1}, &start),
                             indices<1>({1}, &length),
                             indices<1>({1}, &heard_),
                             indices<1>({1}, &last)};
  run_decoder(session, inputs, 1);
}

std::span<const float> WhisperModel::next(std::span<const std::int32_t> tokens, int before) {
  const std::scoped_lock turn(shared_->turn);
  StopWatch watch;
  const int room = most_tokens() - before;
  if (tokens.empty() || static_cast<int>(tokens.size()) > room)
    fail(Fault::internal, "{}: {} tokens after {} of at most {}", model().name, tokens.size(), before,
         most_tokens());
  if (before == asked_after_ && std::ranges::equal(tokens, asked_)) return scores_;
  run_step(shared_->sessions.at({.tokens = bucket(tokens.size(), room)}, "step"), tokens, before);
  asked_.assign(tokens.begin(), tokens.end());
  asked_after_ = before;
  decoder_ms_ += watch.lap();
  return scores_;
}

void WhisperModel::fork(int count) {
  const std::scoped_lock turn(shared_->turn);
  StopWatch watch;
  if (count > beams_) {
    std::unique_ptr<States> more = states_for(count);
    const int depth = size_in(info(), "decoder_depth", 200);
    for (int i = 0; i < depth; ++i)
      for (const char* const name : {"keys.", "values.", "cross_keys.", "cross_values."})
        more->write(name + std::to_string(i), states_->read(name + std::to_string(i)));
    states_ = std::move(more);
    beams_ = count;
  }
  if (count > 1) {
    const std::vector<std::int32_t> start(static_cast<std::size_t>(beams_), 0);
    const std::array inputs = {indices<1>({beams_}, start.data())};
    shared_->sessions.at({.batch = beams_, .tokens = 1}, "fork").run({inputs, {}, states_.get()});
  }
  decoder_ms_ += watch.lap();
}

std::span<const float> WhisperModel::next_of_beams(std::span<const std::int32_t> tokens,
                                                   std::span<const std::int32_t> parents, int before) {
  const std::scoped_lock turn(shared_->turn);
  StopWatch watch;
  const auto count = static_cast<std::size_t>(beams_);
  LP_ASSERT(tokens.size() == parents.size() && tokens.size() <= count && before < most_tokens());
  // Beams beyond those asked for go on as they were, with a token that nobody reads.
  std::vector<std::int32_t> ids(count, 0), from(count), places(count, before), start(count, before),
      length(count, before + 1), last(count, 0);
  std::ranges::copy(tokens, ids.begin());
  for (std::size_t i = 0; i < count; ++i)
    from[i] = i < parents.size() ? parents[i] : static_cast<std::int32_t>(i);
  const std::array inputs = {indices<2>({beams_, 1}, ids.data()),
                             indices<2>({beams_, 1}, places.data()),
                             indices<1>({beams_}, start.data()),
                             indices<1>({beams_}, length.data()),
                             indices<1>({1}, &heard_),
                             indices<1>({beams_}, last.data()),
                             indices<1>({beams_}, from.data())};
  Session& session = shared_->sessions.at({.batch = beams_, .tokens = 1}, "beams");
  const std::span<const float> scores = run_decoder(session, inputs, beams_);
  decoder_ms_ += watch.lap();
  return scores.first(vocabulary_ * tokens.size());
}

/// The heads that follow the sound, as the checkpoint names them; else all of the later half of the layers,
/// as whisper/model.py has it.
std::vector<WhisperModel::AlignmentHead> WhisperModel::alignment_heads() const {
  const nlohmann::json& config = info().config;
  const int depth = size_in(info(), "decoder_depth", 200), heads = size_in(info(), "decoder_heads", 1024);
  std::vector<AlignmentHead> found;
  const nlohmann::json named = config.contains("generation") && config["generation"].is_object()
                                   ? config["generation"].value("alignment_heads", nlohmann::json())
                                   : nlohmann::json();
  if (named.is_array() && named.size() > static_cast<std::size_t>(depth) * static_cast<std::size_t>(heads))
    fail(Fault::bad_model, "{}: {} alignment heads, of {} layers of {} heads", model().name, named.size(),
         depth, heads);
  if (named.is_array())
    for (const nlohmann::json& head : named) {
      const bool is_pair = head.is_array() && head.size() == 2 && head[0].is_number_integer() &&
                           head[1].is_number_integer() && head[0] >= 0 && head[0] < depth && head[1] >= 0 &&
                           head[1] < heads;
      if (!is_pair)
        fail(Fault::bad_model, "{}: an alignment head {} of {} layers of {} heads is not possible",
             model().name, head.dump(), depth, heads);
      found.push_back({head[0].get<int>(), head[1].get<int>()});
    }
  for (int layer = depth / 2; found.empty() && layer < depth; ++layer)
    for (int head = 0; head < heads; ++head) found.push_back({layer, head});
  return found;
}

Session& WhisperModel::aligner(int tokens) {
  const auto found = shared_->aligners.find(tokens);
  if (found != shared_->aligners.end()) return found->second;
  std::set<std::string> keep;
  for (const AlignmentHead& head : alignment_heads()) keep.insert(question_of(head.layer));
  return shared_->aligners
      .try_emplace(
          tokens, loaded(),
          SessionOptions{.sizes = {.tokens = tokens}, .graph = "step", .keep = {keep.begin(), keep.end()}})
      .first->second;
}

std::vector<std::vector<float>> WhisperModel::alignment(std::span<const std::int32_t> tokens, int rows) {
  const std::scoped_lock turn(shared_->turn);
  StopWatch watch;
  LP_ASSERT(!tokens.empty() && static_cast<int>(tokens.size()) <= most_tokens() && rows >= 1 &&
            rows <= heard_);
  Session& session = aligner(bucket(tokens.size(), most_tokens()));
  run_step(session, tokens, 0);
  const std::ptrdiff_t width = size_in(info(), "width", 1 << 16),
                       heads = size_in(info(), "decoder_heads", 1024), head_width = width / heads;
  std::vector<float> asked, keys;  // of one layer at a time: keys of half a minute are 3 MB
  int layer = -1;
  std::vector<std::vector<float>> all;
  for (const AlignmentHead& head : alignment_heads()) {
    if (std::exchange(layer, head.layer) != head.layer) {
      asked = session.value(question_of(layer));
      keys.clear();
      keys.shrink_to_fit();
      keys = states_->read(fmt::format("cross_keys.{}", layer));
    }
    std::vector<float>& weights = all.emplace_back(tokens.size() * static_cast<std::size_t>(rows));
    for (std::size_t token = 0; token < tokens.size(); ++token) {
      const std::span<float> line(weights.data() + token * static_cast<std::size_t>(rows),
                                  static_cast<std::size_t>(rows));
      const float* const q =
          asked.data() + static_cast<std::ptrdiff_t>(token) * width + head.head * head_width;
      for (std::size_t row = 0; row < line.size(); ++row)
        line[row] =
            std::inner_product(
                q, q + head_width,
                keys.data() + static_cast<std::ptrdiff_t>(row) * width + head.head * head_width, 0.0F) /
            std::sqrt(static_cast<float>(head_width));
      const double sum = log_sum(line);
      for (float& weight : line) weight = static_cast<float>(std::exp(static_cast<double>(weight) - sum));
    }
  }
  decoder_ms_ += watch.lap();
  return all;
}

}  // namespace lp
