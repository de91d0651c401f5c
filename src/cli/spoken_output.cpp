#include "cli/spoken_output.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace lp::cli {

SpeakersOutput::SpeakersOutput(int rate) : rate_(rate) {
  if (!has_speakers())
    fail(Fault::unsupported, "there are no speakers here; --output FILE writes what is said to a file");
}

void SpeakersOutput::begin(std::function<bool()> stop) {
  speakers_ = std::make_unique<Speakers>(rate_, std::move(stop));
}

void SpeakersOutput::write(std::span<const float> samples) {
  speakers_->write(samples);
}

void SpeakersOutput::finish() {
  speakers_->finish();
  seconds_ = speakers_->seconds();
  speakers_.reset();
}

TimelineOutput::TimelineOutput(const std::filesystem::path& path, SoundFormat format, int rate)
    : writer_(path, format, rate), rate_(rate) {}

void TimelineOutput::begin(std::function<bool()> stop) {
  stop_ = std::move(stop);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  const auto now = static_cast<std::size_t>(passed.count() * rate_);
  const std::vector<float> silence(static_cast<std::size_t>(rate_));
  while (written_ < now) {
    const std::size_t count = std::min(silence.size(), now - written_);
    writer_.write(std::span(silence).first(count));
    written_ += count;
  }
  begun_ = written_;
}

void TimelineOutput::write(std::span<const float> samples) {
  const auto piece = static_cast<std::size_t>(rate_ / 50);
  while (!samples.empty() && !stop_()) {
    const std::span<const float> part = samples.first(std::min(samples.size(), piece));
    samples = samples.subspan(part.size());
    writer_.write(part);
    written_ += part.size();
    const std::chrono::duration<double> heard(static_cast<double>(written_) / rate_);
    std::this_thread::sleep_until(start_ +
                                  std::chrono::duration_cast<std::chrono::steady_clock::duration>(heard));
  }
}

}  // namespace lp::cli
