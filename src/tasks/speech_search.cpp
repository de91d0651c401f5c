#include "tasks/speech_search.hpp"

#include "base/error.hpp"
#include "tasks/log_sum.hpp"
#include "tasks/timestamp_rules.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>

namespace lp {
namespace {

/// A text that may go on.
struct Text {
  std::vector<std::int32_t> tokens;  // since the prompt
  double logprob = 0;                // their sum
  std::size_t known = 0;             // of them, those that were not looked for
  bool ended = false;

  double mean() const { return logprob / std::max<double>(1, static_cast<double>(tokens.size() - known)); }
};

/// One way that a text may go on.
struct Step {
  std::size_t from;  // text
  std::int32_t token;
  double logprob;  // of the text with it
};

class Search {
 public:
  Search(WhisperModel& model, const WhisperTokens& tokens, const SearchOptions& options)
      : model_(model), tokens_(tokens), options_(options), random_(options.seed) {}

  Heard run(const std::vector<std::int32_t>& before, const std::vector<std::int32_t>& prompt,
            const std::vector<std::int32_t>& begins) {
    give(before, prompt, begins);
    const bool draws = options_.temperature > 0;
    const int count = draws ? options_.best_of : options_.beams;
    texts_.assign(static_cast<std::size_t>(std::max(count, 1)), {.tokens = begins, .known = begins.size()});
    parents_.resize(texts_.size());
    scores_ = {};
    if (texts_.size() > 1) model_.fork(static_cast<int>(texts_.size()));
    const Text best = draws || texts_.size() == 1 ? follow_each() : follow_best();
    return {best.tokens, best.logprob / static_cast<double>(best.tokens.size() - best.known + 1), no_speech_};
  }

 private:
  std::size_t most() const { return static_cast<std::size_t>(model_.most_tokens() / 2); }
  bool is_full(std::size_t said) const {
    return said >= std::min(most(), options_.most) || given_ + static_cast<int>(said) >= model_.most_tokens();
  }

  /// Gives the model what comes before the text; `first_` are the scores behind it.
  void give(const std::vector<std::int32_t>& before, const std::vector<std::int32_t>& prompt,
            const std::vector<std::int32_t>& begins) {
    std::vector<std::int32_t> given;
    if (!before.empty()) {
      given.push_back(tokens_.before);
      given.insert(given.end(),
                   before.end() - static_cast<std::ptrdiff_t>(std::min(before.size(), most() - 1)),
                   before.end());
    }
    given.push_back(prompt.front());
    first_ = model_.next(given, 0);
    const auto no_speech = static_cast<double>(first_[static_cast<std::size_t>(tokens_.no_speech)]);
    no_speech_ = std::exp(no_speech - log_sum(first_));
    given_ = static_cast<int>(given.size());
    given.assign(prompt.begin() + 1, prompt.end());
    given.insert(given.end(), begins.begin(), begins.end());
    if (!given.empty()) first_ = model_.next(given, given_);
    given_ += static_cast<int>(prompt.size()) - 1;  // what the text begins with is a part of it
  }

  /// The logarithm of a sum over scores, which is no number where one of them is none or all are impossible.
  double checked(double sum) const {
    if (!std::isfinite(sum)) fail(Fault::bad_model, "{}: its scores are no numbers", model_.model().name);
    return sum;
  }

  /// Scores behind text number i, those of what may not follow at minus infinity; valid until the next call.
  std::span<float> allowed(std::size_t i) {
    const std::size_t size = model_.vocabulary();
    const std::span<const float> all = scores_.empty() ? first_ : scores_.subspan(i * size, size);
    allowed_.assign(all.begin(), all.end());
    apply_timestamp_rules(tokens_, texts_[i].tokens, allowed_);
    return allowed_;
  }

  /// Gives every text's last token to the model.
  void advance() {
    const int before = given_ + static_cast<int>(longest()) - 1;
    if (texts_.size() == 1) {
      scores_ = model_.next(std::span(&texts_.front().tokens.back(), 1), before);
      return;
    }
    std::vector<std::int32_t> last;
    last.reserve(texts_.size());
    for (const Text& text : texts_) last.push_back(text.ended ? tokens_.end : text.tokens.back());
    scores_ = model_.next_of_beams(last, parents_, before);
  }

  std::size_t longest() const {
    return std::ranges::max_element(texts_, {}, [](const Text& text) { return text.tokens.size(); })
        ->tokens.size();
  }

  /// The likeliest token, or one that is drawn.
  std::int32_t choose(std::span<const float> scores) {
    if (options_.temperature <= 0) return static_cast<std::int32_t>(place_of_greatest(scores));
    const auto warmer = [&](float score) { return static_cast<double>(score) / options_.temperature; };
    const double top = warmer(greatest(scores));
    double sum = 0;
    for (const float score : scores) sum += std::exp(warmer(score) - top);
    // std::uniform_real_distribution draws other numbers on other platforms.
    double left = sum * (static_cast<double>(random_() >> 11U) * 0x1p-53);
    std::int32_t last = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double weight = std::exp(warmer(scores[i]) - top);
      if (weight > 0) last = static_cast<std::int32_t>(i);
      left -= weight;
      if (left < 0 && weight > 0) break;
    }
    return last;
  }

  /// Each text goes on by itself until all have ended; the one with the best mean.
  Text follow_each() {
    std::iota(parents_.begin(), parents_.end(), 0);
    while (true) {
      for (std::size_t i = 0; i < texts_.size(); ++i) {
        Text& text = texts_[i];
        if (text.ended) continue;
        const std::span<const float> scores = allowed(i);
        const std::int32_t token = choose(scores);
        text.logprob +=
            static_cast<double>(scores[static_cast<std::size_t>(token)]) - checked(log_sum(scores));
        if (token == tokens_.end)
          text.ended = true;
        else
          text.tokens.push_back(token);
      }
      const auto ended = [&](const Text& text) { return text.ended || is_full(text.tokens.size()); };
      if (std::ranges::all_of(texts_, ended)) break;
      advance();
    }
    return *std::ranges::max_element(texts_, {}, &Text::mean);
  }

  /// The best `count` ways for text number i to go on.
  void add_steps(std::size_t i, std::size_t count, std::vector<Step>& steps) {
    const std::span<const float> scores = allowed(i);
    const double all = checked(log_sum(scores));
    order_.resize(scores.size());
    count = std::min(count, order_.size());
    std::iota(order_.begin(), order_.end(), 0);
    const auto better = [&](std::int32_t a, std::int32_t b) {
      return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    };
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count), order_.end(),
                      better);
    for (const std::int32_t token : std::span(order_).first(count))
      steps.push_back(
          {i, token, texts_[i].logprob + static_cast<double>(scores[static_cast<std::size_t>(token)]) - all});
  }

  /// The best of all ways to go on are followed until as many texts have ended; the one with the best mean.
  Text follow_best() {
    const std::size_t count = texts_.size();
    std::vector<Text> ended;
    for (bool is_first = true; ended.size() < count; is_first = false) {
      std::vector<Step> steps;
      // At first, all texts are the same one.
      for (std::size_t i = 0; i < (is_first ? 1 : count); ++i) add_steps(i, count + 1, steps);
      std::ranges::stable_sort(steps, std::greater<>(), &Step::logprob);
      std::vector<Text> next;
      for (const Step& step : steps) {
        if (next.size() == count) break;
        Text text = texts_[step.from];
        text.logprob = step.logprob;
        if (step.token == tokens_.end) {
          if (ended.size() < count) ended.push_back(std::move(text));
          continue;
        }
        text.tokens.push_back(step.token);
        parents_[next.size()] = static_cast<std::int32_t>(step.from);
        next.push_back(std::move(text));
      }
      texts_ = std::move(next);
      if (texts_.size() < count || is_full(longest())) break;
      if (ended.size() < count) advance();
    }
    std::ranges::stable_sort(texts_, std::greater<>(), &Text::logprob);
    for (std::size_t i = 0; i < texts_.size() && ended.size() < count; ++i) ended.push_back(texts_[i]);
    return *std::ranges::max_element(ended, {}, &Text::mean);
  }

  WhisperModel& model_;
  const WhisperTokens& tokens_;
  SearchOptions options_;
  std::mt19937_64 random_;
  std::vector<Text> texts_;
  std::vector<std::int32_t> parents_, order_;
  std::span<const float> first_, scores_;  // behind the prompt; behind each text's last token
  std::vector<float> allowed_;
  double no_speech_ = 0;
  int given_ = 0;  // tokens before the texts
};

}  // namespace

Heard search_text(WhisperModel& model, const WhisperTokens& tokens, const std::vector<std::int32_t>& before,
                  const std::vector<std::int32_t>& prompt, const std::vector<std::int32_t>& begins,
                  const SearchOptions& options) {
  return Search(model, tokens, options).run(before, prompt, begins);
}

}  // namespace lp
