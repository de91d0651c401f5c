#include "tasks/timestamp_rules.hpp"

#include "tasks/log_sum.hpp"

#include <algorithm>
#include <limits>

namespace lp {
namespace {

constexpr float impossible = -std::numeric_limits<float>::infinity();
constexpr std::int32_t latest_first_time = 50;  // in steps of 20 ms

void forbid(std::span<float> scores, std::int32_t first, std::int32_t end) {
  const auto size = static_cast<std::int32_t>(scores.size());
  for (std::int32_t i = std::max(first, 0); i < std::min(end, size); ++i)
    scores[static_cast<std::size_t>(i)] = impossible;
}

/// Times in pairs, never backwards.
void keep_order(const WhisperTokens& tokens, std::span<const std::int32_t> said, std::span<float> scores) {
  const auto end = static_cast<std::int32_t>(scores.size());
  const bool last_is_time = !said.empty() && tokens.is_time(said.back());
  const bool one_before_is_time = said.size() < 2 || tokens.is_time(said[said.size() - 2]);
  if (last_is_time && one_before_is_time) forbid(scores, tokens.first_time, end);
  if (last_is_time && !one_before_is_time) forbid(scores, 0, tokens.end);
  const auto found = std::ranges::find_if(said.rbegin(), said.rend(),
                                          [&](std::int32_t token) { return tokens.is_time(token); });
  if (found == said.rend()) return;
  // A segment has some length: only its end may be told again, as the start of the next one.
  const bool is_end = last_is_time && !one_before_is_time;
  forbid(scores, tokens.first_time, is_end ? *found : *found + 1);
}

}  // namespace

void apply_timestamp_rules(const WhisperTokens& tokens, std::span<const std::int32_t> said,
                           std::span<float> scores) {
  for (const std::int32_t token : tokens.never) forbid(scores, token, token + 1);
  forbid(scores, tokens.no_timestamps, tokens.no_timestamps + 1);
  if (said.empty())
    for (const std::int32_t token : tokens.not_first) forbid(scores, token, token + 1);
  keep_order(tokens, said, scores);
  if (said.empty()) {
    forbid(scores, 0, tokens.first_time);
    forbid(scores, tokens.first_time + latest_first_time + 1, static_cast<std::int32_t>(scores.size()));
  }
  const auto split = static_cast<std::size_t>(tokens.first_time);
  const double times = log_sum(scores.subspan(split));
  if (times > static_cast<double>(greatest(scores.first(split)))) forbid(scores, 0, tokens.first_time);
}

}  // namespace lp
