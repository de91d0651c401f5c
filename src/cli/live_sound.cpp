#include "cli/live_sound.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace lp::cli {
namespace {

constexpr std::size_t rate = 16000;
constexpr std::size_t piece = rate / 50;               // samples of a file that are there at a time
constexpr std::size_t most_ahead = 30 * rate;          // samples that wait to be taken
constexpr std::size_t remembered = 60 * rate;          // samples whose arrival is known
constexpr auto look = std::chrono::milliseconds(100);  // how often somebody asks whether to stop

double seconds_of(std::size_t samples) {
  return static_cast<double>(samples) / rate;
}

}  // namespace

LiveSound::LiveSound(Source source, Pace pace, std::function<bool()> stop, Tap tap,
                     std::function<void()> leave)
    : source_(std::move(source)),
      pace_(pace),
      stop_(std::move(stop)),
      tap_(std::move(tap)),
      leave_(std::move(leave)) {
  if (pace_ != Pace::fast) reader_ = std::thread([this] { read(); });
}

LiveSound::~LiveSound() {
  {
    const std::lock_guard lock(mutex_);
    is_left_ = true;
  }
  changed_.notify_all();
  if (leave_) leave_();
  if (reader_.joinable()) reader_.join();
}

double LiveSound::seconds_since_start() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

/// The thread.
void LiveSound::read() {
  try {
    std::vector<float> samples;
    for (bool more = true, is_wanted = true; more && is_wanted && !stop_();) {
      samples.clear();
      more = source_(samples);
      if (pace_ == Pace::arrival) {
        is_wanted = push(samples);
        continue;
      }
      for (std::size_t at = 0; at < samples.size() && is_wanted && !stop_(); at += piece) {
        const std::span<float> part = std::span(samples).subspan(at, std::min(piece, samples.size() - at));
        std::this_thread::sleep_until(start_ +
                                      std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(seconds_of(arrived_ + part.size()))));
        is_wanted = push(part);
      }
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  changed_.notify_all();
}

/// Whether anybody takes more.
bool LiveSound::push(std::span<float> samples) {
  if (tap_) tap_(samples);
  {
    std::unique_lock lock(mutex_);
    while (ready_.size() > most_ahead && !is_left_ && !stop_()) changed_.wait_for(lock, look);
    if (is_left_) return false;
    ready_.insert(ready_.end(), samples.begin(), samples.end());
    arrived_ += samples.size();
    const double due = seconds_of(arrived_);
    arrivals_.push_back({arrived_, pace_ == Pace::live ? due : seconds_since_start()});
    while (arrivals_.front().end + remembered < taken_) arrivals_.pop_front();
  }
  changed_.notify_all();
  return true;
}

std::vector<float> LiveSound::take(std::size_t least, std::size_t most) {
  if (pace_ == Pace::fast) return take_fast(least, most);
  std::unique_lock lock(mutex_);
  while (ready_.size() < least && !has_ended_) changed_.wait_for(lock, look);
  if (error_ && ready_.empty()) std::rethrow_exception(std::exchange(error_, nullptr));
  const auto end = ready_.begin() + static_cast<std::ptrdiff_t>(std::min(ready_.size(), most));
  std::vector<float> taken(ready_.begin(), end);
  ready_.erase(ready_.begin(), end);
  taken_ += taken.size();
  lock.unlock();
  changed_.notify_all();
  return taken;
}

/// As if it was live: what has been spoken by now on the clock, or a little later.
std::vector<float> LiveSound::take_fast(std::size_t least, std::size_t most) {
  clock_ = now();
  try {
    while (!has_ended_ && seconds_of(taken_ + ready_.size()) < clock_ + seconds_of(most))
      has_ended_ = !source_(ready_) || stop_();
  } catch (...) {  // behind what it gave before
    error_ = std::current_exception();
    has_ended_ = true;
  }
  if (error_ && ready_.empty()) std::rethrow_exception(std::exchange(error_, nullptr));
  least = std::min(least, ready_.size());
  clock_ = std::max(clock_, seconds_of(taken_ + least));
  const auto spoken = static_cast<std::size_t>(std::llround(clock_ * rate));
  const std::size_t count =
      std::clamp(spoken - std::min(spoken, taken_), least, std::max(least, std::min(most, ready_.size())));
  std::vector<float> taken(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
  taken_ += count;
  if (tap_) tap_(taken);
  given_ = Clock::now();
  return taken;
}

double LiveSound::now() {
  if (pace_ == Pace::fast) return clock_ + std::chrono::duration<double>(Clock::now() - given_).count();
  return seconds_since_start();
}

double LiveSound::age(double seconds) {
  if (pace_ != Pace::arrival) return now() - seconds;
  const auto end = static_cast<std::size_t>(std::max(seconds, 0.0) * rate);
  const std::lock_guard lock(mutex_);
  const auto arrival = std::ranges::lower_bound(arrivals_, end, {}, &Arrival::end);
  return seconds_since_start() - (arrival == arrivals_.end() ? seconds_since_start() : arrival->at);
}

}  // namespace lp::cli
