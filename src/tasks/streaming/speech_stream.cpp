#include "tasks/streaming/speech_stream.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace lp {
namespace {

constexpr std::size_t rate = 16000;
constexpr std::size_t step = 3 * rate / 10;         // of new sound, that is worth a hearing
constexpr std::size_t look = rate / 10;             // how often to look whether anybody speaks
constexpr std::size_t lead = rate / 2;              // of silence that is kept before speech
constexpr std::size_t least_sound = rate;           // in less, a model hears anything
constexpr std::size_t tail = 3 * rate / 10;         // of silence behind speech, that is heard
constexpr std::size_t pause = 12 * rate / 10;       // of silence, after which what was said is final
constexpr std::size_t long_pause = 2 * rate;        // after which it is no longer heard
constexpr double settled_behind = 3.0;              // seconds after a word, in which it may still be another
constexpr std::size_t long_sound = 10 * rate;       // that is cut at the end of a sentence
constexpr std::size_t very_long_sound = 20 * rate;  // that is cut between any two words
constexpr double edge = 1;  // seconds before the end of a window that is full, whose words are heard again
constexpr double least_cut = 2;          // seconds
constexpr double longest_rest = 1;       // seconds of sound behind the last word
constexpr double longest_open = 5;       // seconds of sound that open words keep in a window that is full
constexpr double stray = 0.05;           // seconds, of the times of words
constexpr std::size_t most_before = 62;  // tokens; two marks stand around them, and lengths are powers of two

std::size_t samples_of(double seconds) {
  return static_cast<std::size_t>(std::max(seconds, 0.0) * rate);
}

double seconds_of(std::size_t samples) {
  return static_cast<double>(samples) / rate;
}

bool ends_sentence(std::string_view word) {
  const std::size_t last = word.find_last_not_of("\"') ");
  if (last == std::string_view::npos) return false;
  word = word.substr(0, last + 1);
  constexpr std::string_view wide_stop = "\u3002";
  return word.ends_with('.') || word.ends_with('?') || word.ends_with('!') || word.ends_with(wide_stop);
}

}  // namespace

SpeechStream::SpeechStream(Listener listener, std::size_t most, std::vector<std::int32_t> before,
                           std::string language)
    : listener_(std::move(listener)),
      most_(most),
      before_(std::move(before)),
      language_(std::move(language)) {}

double SpeechStream::seconds() const {
  return seconds_of(total());
}

double SpeechStream::silence() const {
  return seconds_of(total() - gate_.loud_end());
}

/// Whether there is speech, or the end of it, that the last hearing did not have.
bool SpeechStream::has_news() const {
  return has_speech() && heard_ < gate_.loud_end() + tail && samples_.size() >= least_sound;
}

std::size_t SpeechStream::wanted() const {
  const std::size_t fresh = total() - std::max(heard_, offset_);
  return std::min(has_news() && fresh < step ? step - fresh : look, std::max<std::size_t>(room(), 1));
}

std::size_t SpeechStream::add(std::span<const float> samples) {
  std::size_t taken = 0;
  // Whoever hears slowly gets much at once, with whole pauses in it.
  const auto pauses = [&] { return has_speech() && total() - gate_.loud_end() >= long_pause; };
  while (taken < samples.size() && !pauses()) {
    const auto part = samples.subspan(taken, std::min(look, samples.size() - taken));
    samples_.insert(samples_.end(), part.begin(), part.end());
    gate_.add(part);
    taken += part.size();
  }
  if (!has_speech() && samples_.size() > lead) drop(samples_.size() - lead, 0);
  return taken;
}

std::optional<StreamUpdate> SpeechStream::update() {
  if (!has_speech()) return {};
  StreamUpdate update;
  bool has_changed = false;
  const std::size_t silence = total() - gate_.loud_end();
  const bool is_full = room() == 0;
  if (has_news() && silence >= long_pause) {  // came late: this is its only hearing
    hear_all(update);
    has_changed = true;
  } else if (has_news() && (is_full || total() - std::max(heard_, offset_) >= step)) {
    const bool is_wrong = hear(is_full, update);
    if (is_full) settle(agreement_.take_until(seconds() - (is_wrong ? 0 : edge)), update);
    if (is_wrong) {
      drop_said();
      before_.clear();
    }
    has_changed = true;
  }
  if (silence >= pause && may_hear_more_ && (went_wrong_ || unsaid() > longest_rest)) {
    hear_all(update);
    has_changed = true;
  }
  if (silence >= pause && !agreement_.open().empty()) {
    settle(agreement_.take_until(seconds()), update);
    has_changed = true;
  }
  if (silence >= long_pause) {
    drop(samples_.size() - std::min(lead, samples_.size()), known_.size());
    update.has_paused = has_changed = true;
  } else {
    cut();
  }
  if (!has_changed) return {};
  update.open = agreement_.open();
  return update;
}

StreamUpdate SpeechStream::finish(bool hears) {
  StreamUpdate update;
  if (hears && has_speech() && (went_wrong_ || unsaid() > longest_rest || heard_ < gate_.loud_end() + tail))
    hear_all(update);
  settle(agreement_.take_until(seconds()), update);
  drop(samples_.size(), known_.size());
  update.has_paused = true;
  return update;
}

/// Seconds of speech behind the last word.
double SpeechStream::unsaid() const {
  double end = seconds_of(offset_);
  if (!known_.empty()) end = known_.back().end;
  if (!agreement_.open().empty()) end = agreement_.open().back().end;
  return seconds_of(gate_.loud_end()) - end;
}

/// Hears all that there is for the last time. A text may end before the speech does: the rest is heard anew,
/// as long as that makes words.
void SpeechStream::hear_all(StreamUpdate& to) {
  for (bool goes_on = true; goes_on && has_speech();) {
    const std::size_t said = to.finals.size();
    const bool was_known = !known_.empty(), is_wrong = hear(true, to);
    settle(agreement_.take_until(seconds()), to);
    goes_on = unsaid() > longest_rest && (was_known || to.finals.size() > said);
    if (goes_on || is_wrong) drop_said();
    if (is_wrong) before_.clear();
  }
}

/// Takes all known words away, with their sound; where there are none, all sound before the open ones.
void SpeechStream::drop_said() {
  double end = seconds();
  if (!known_.empty())
    end = known_.back().end + stray;
  else if (!agreement_.open().empty())
    end = std::max(agreement_.open().front().start - stray, end - longest_open);
  drop(std::min(samples_of(end - seconds_of(offset_)), samples_.size()), known_.size());
}

/// Returns whether that went wrong for good.
bool SpeechStream::hear(bool is_last, StreamUpdate& to) {
  const double start = seconds_of(offset_);
  std::vector<StreamWord> known = known_;
  for (StreamWord& word : known) word.start -= start, word.end -= start;
  // The silence behind words that came late would make others of them: no more of it is heard than where they
  // come as they are spoken.
  const bool is_late = total() - gate_.loud_end() >= long_pause;
  const std::size_t until = is_late ? std::max(gate_.loud_end() + tail, offset_) - offset_ : samples_.size();
  HeardWords heard = listener_({std::span(samples_).first(until), before_, known, language_, is_last});
  heard_ = total();
  may_hear_more_ = !is_last;
  heard_language_ = heard.language;
  went_wrong_ = heard.went_wrong && !is_last;
  if (went_wrong_) return false;  // what was heard before may still be right
  double spoken = known_.empty() ? start : known_.back().end;
  for (StreamWord& word : heard.words) {
    word.start = std::max(word.start + start, spoken);
    spoken = word.end = std::max(word.end + start, word.start);
  }
  settle(agreement_.add(std::move(heard.words), seconds() - settled_behind), to);
  return heard.went_wrong;
}

void SpeechStream::settle(std::vector<StreamWord> words, StreamUpdate& to) {
  if (words.empty()) return;
  language_ = heard_language_;
  known_.insert(known_.end(), words.begin(), words.end());
  std::ranges::move(words, std::back_inserter(to.finals));
}

/// Takes a long sound's beginning away, with the words in it.
void SpeechStream::cut() {
  // A text that ends where the speech goes on may never find it.
  if (agreement_.open().empty() && !known_.empty() && unsaid() > longest_rest) drop_said();
  if (samples_.size() < long_sound && room() > 0) return;
  const std::vector<StreamWord>& open = agreement_.open();
  const bool is_full = room() == 0;
  std::size_t best = 0;  // words
  double widest = -1;
  for (std::size_t i = 1; i <= known_.size(); ++i) {
    const StreamWord& last = known_[i - 1];
    const StreamWord* const next = i < known_.size() ? &known_[i] : open.empty() ? nullptr : &open.front();
    if (last.end - seconds_of(offset_) < least_cut || (next == nullptr && !is_full)) continue;
    const double gap = next == nullptr ? 0 : next->start - last.end;
    if (ends_sentence(last.word))
      best = i, widest = 1e9;
    else if (samples_.size() >= very_long_sound && gap >= widest)
      best = i, widest = gap;
  }
  if (best == 0) {
    if (is_full) drop_said();
    return;
  }
  const double end = known_[best - 1].end;
  double next = end;
  if (best < known_.size())
    next = known_[best].start;
  else if (!open.empty())
    next = open.front().start;
  const double start = seconds_of(offset_);
  drop(quietest_place(samples_, samples_of(end - stray - start), samples_of(next + stray - start)), best);
}

/// Forgets the first samples, and the first of the known words but for what they tell of the next ones.
void SpeechStream::drop(std::size_t samples, std::size_t words) {
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(samples));
  offset_ += samples;
  const auto end = known_.begin() + static_cast<std::ptrdiff_t>(words);
  for (auto word = known_.begin(); word != end; ++word)
    before_.insert(before_.end(), word->tokens.begin(), word->tokens.end());
  known_.erase(known_.begin(), end);
  if (before_.size() > most_before)
    before_.erase(before_.begin(), before_.end() - static_cast<std::ptrdiff_t>(most_before));
}

}  // namespace lp
