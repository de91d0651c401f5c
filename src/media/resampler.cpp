#include "media/resampler.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp::ffmpeg {

Resampler::Resampler(int from, int to) : from_(from), to_(to) {
  if (from == to) return;
  SwrContext* made = nullptr;
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  library().swr_alloc_set_opts2(&made, &mono, AV_SAMPLE_FMT_FLT, to, &mono, AV_SAMPLE_FMT_FLT, from, 0,
                                nullptr);
#else
  made = library().swr_alloc_set_opts(nullptr, AV_CH_LAYOUT_MONO, AV_SAMPLE_FMT_FLT, to, AV_CH_LAYOUT_MONO,
                                      AV_SAMPLE_FMT_FLT, from, 0, nullptr);
#endif
  context_ = owned(made);
  const int error = library().swr_init(made);
  if (error < 0)
    fail(Fault::unsupported, "{} samples a second cannot become {}: {}", from, to, reason(error));
}

void Resampler::add(std::span<const float> samples, std::vector<float>& to) {
  constexpr std::size_t most_at_once = 1 << 14;
  if (context_ == nullptr) {
    to.insert(to.end(), samples.begin(), samples.end());
    return;
  }
  while (!samples.empty()) {
    const auto part = samples.first(std::min(samples.size(), most_at_once));
    samples = samples.subspan(part.size());
    convert(part.data(), static_cast<int>(part.size()), to);
  }
}

void Resampler::finish(std::vector<float>& to) {
  if (context_ != nullptr) convert(nullptr, 0, to);
}

/// No samples: what is left inside.
void Resampler::convert(const float* samples, int count, std::vector<float>& to) {
  const int room = library().swr_get_out_samples(context_.get(), count);
  const std::size_t before = to.size();
  to.resize(before + static_cast<std::size_t>(std::max(room, 0)));
  auto* target = reinterpret_cast<std::uint8_t*>(to.data() + before);
  const auto* source = reinterpret_cast<const std::uint8_t*>(samples);
  const int made = room < 0 ? room
                            : library().swr_convert(context_.get(), &target, room,
                                                    samples == nullptr ? nullptr : &source, count);
  to.resize(before + static_cast<std::size_t>(std::max(made, 0)));
  if (made < 0) fail(Fault::io, "{} samples a second cannot become {}: {}", from_, to_, reason(made));
}

}  // namespace lp::ffmpeg
