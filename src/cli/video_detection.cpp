#include "cli/video_detection.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/videos.hpp"
#include "media/video_writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace lp::cli {
namespace {

using nlohmann::json;

/// What is known of a class over a whole video.
struct Appearance {
  std::int64_t frames = 0, most = 0;  // most: at once
  double first = 0, last = 0;         // seconds
};

/// Milliseconds, of all pictures together.
struct Sums {
  double decode = 0, preprocess = 0, inference = 0, postprocess = 0, save = 0;
};

class Film {
 public:
  Film(const Invocation& invocation, Watcher& watcher, const std::string& path, const std::string& target,
       std::size_t& values_left, Progress& progress)
      : settings_(invocation.settings),
        watcher_(watcher),
        path_(path),
        target_(target),
        values_left_(values_left),
        progress_(progress),
        is_live_(is_camera(path)),
        is_json_(invocation.json()),
        every_(settings_.integer("every")),
        reader_(open_video(path, settings_.integer("threads"))) {
    const VideoInfo& info = reader_.info();
    if (!target.empty())
      writer_.emplace(target, info.width, info.height, info.frame_rate / every_,
                      settings_.integer("threads"));
  }

  BatchResult watch() {
    std::optional<Error> failure;
    try {
      is_live_ ? watch_camera() : watch_file();
    } catch (const Error& error) {  // what a camera gave cannot be had again
      if (!is_live_ || seen_ == 0) throw;
      failure = error;
    } catch (...) {
      if (is_live_) keep();
      throw;
    }
    keep();
    tell_damage();
    BatchResult result{.document = {}, .text = {}, .key = "videos", .failure = failure};
    if (is_json_)
      result.document = document();
    else
      result.text = text();
    return result;
  }

 private:
  bool is_enough() const {
    return (settings_.has("frames") && seen_ >= settings_.integer("frames")) || (is_truncated_ && !writer_);
  }
  double per_second() const { return seconds_ > 0 ? static_cast<double>(seen_) / seconds_ : 0; }
  /// What is saved: null without --save and while no picture was seen.
  const VideoWriter* saved() const { return writer_ && seen_ > 0 ? &*writer_ : nullptr; }

  void keep() {
    if (writer_ && seen_ > 0) writer_->commit();
  }

  void tell_damage() const {
    const VideoDamage damage = reader_.damage();
    if (damage.packets == 0 && damage.frames == 0) return;
    progress_.clear();
    spdlog::warn("{}: packets that cannot be decoded: {}; pictures that are damaged: {}", path_,
                 damage.packets, damage.frames);
  }

  void watch_file() {
    VideoFrame frame;
    StopWatch since;
    for (bool more = true; more;) {
      StopWatch watch;
      more = reader_.next(frame);
      check_stop();
      if (!more) return;
      sums_.decode += watch.lap();
      see(frame);
      seconds_ += since.lap() / 1000;
      note();
      if (is_enough()) return;
      watch.lap();
      for (int i = 1; i < every_ && more; ++i) {
        more = reader_.skip();
        check_stop();
      }
      sums_.decode += watch.lap();
    }
  }

  void watch_camera() {
    NewestFrame newest(reader_);
    VideoFrame frame;
    StopWatch since;
    for (std::int64_t next = 0; !is_enough() && newest.next(frame);) {
      if (frame.index < next) continue;
      dropped_ += frame.index - next;
      next = frame.index + every_;
      see(frame);
      seconds_ += since.lap() / 1000;
      note();
    }
  }

  void see(VideoFrame& frame) {
    const DetectResult found = watcher_.see(frame.image);
    ++seen_;
    sums_.preprocess += found.ms.preprocess;
    sums_.inference += found.ms.inference;
    sums_.postprocess += found.ms.postprocess;
    if (is_json_) add_frame(frame, found);
    remember(found, frame.seconds);
    if (is_live_ && !is_json_) tell_change(counts_text(found, watcher_.info()), frame.seconds);
    if (writer_) {
      StopWatch watch;
      if (seen_ == 1) progress_.clear();  // drawing may warn
      watcher_.draw(frame.image, found, target_);
      writer_->write(frame.image, frame.seconds);
      sums_.save += watch.lap();
    }
  }

  /// One document holds all pictures of all videos, so they are bounded.
  void add_frame(const VideoFrame& frame, const DetectResult& found) {
    json picture = {{"frame", frame.index},
                    {"seconds", rounded(frame.seconds, 3)},
                    {"detections", detections_json(found, watcher_.info())}};
    const Image& image = frame.image;
    if (image.full_width != reader_.info().width || image.full_height != reader_.info().height)
      picture.update({{"width", image.full_width}, {"height", image.full_height}});
    constexpr std::size_t of_picture = 8, of_detection = 16;
    std::size_t values = of_picture + of_detection * found.detections.size();
    for (const RunLengths& mask : found.masks) values += mask.counts.size();
    if (is_truncated_ || values > values_left_) {
      if (!is_truncated_)
        spdlog::warn("{}: more is found in it than one JSON document should hold; give --every or --frames",
                     path_);
      is_truncated_ = true;
      return;
    }
    values_left_ -= values;
    frames_.push_back(std::move(picture));
  }

  void remember(const DetectResult& found, double seconds) {
    std::map<int, std::int64_t> here;
    for (const Detection& detection : found.detections) ++here[detection.class_id];
    for (const auto& [class_id, count] : here) {
      Appearance& appearance = appearances_[class_id];
      if (appearance.frames++ == 0) appearance.first = seconds;
      appearance.last = seconds;
      appearance.most = std::max(appearance.most, count);
    }
  }

  void tell_change(std::string counts, double seconds) {
    if (counts == told_) return;
    progress_.clear();
    print(fmt::format("{:8.2f} s  {}\n", seconds, counts));
    told_ = std::move(counts);
  }

  void note() {
    std::int64_t looked_at = (reader_.info().frames + every_ - 1) / every_;
    if (settings_.has("frames")) looked_at = std::min<std::int64_t>(looked_at, settings_.integer("frames"));
    const std::string of =
        reader_.info().frames > 0 ? fmt::format(" of {}", std::max(looked_at, seen_)) : std::string();
    progress_.note(fmt::format("picture {}{}, {:.1f} a second", seen_, of, per_second()));
  }

  Times times() const {
    const auto each = [&](double sum) { return seen_ > 0 ? sum / static_cast<double>(seen_) : 0; };
    Times times = {{"preprocess", each(sums_.preprocess)},
                   {"inference", each(sums_.inference)},
                   {"postprocess", each(sums_.postprocess)}};
    if (!is_live_) times.insert(times.begin(), {"decode", each(sums_.decode)});  // a camera's are read beside
    if (writer_) times.emplace_back("save", each(sums_.save));
    return times;
  }

  json document() {
    const VideoInfo& info = reader_.info();
    json video = {{"path", path_},
                  {"width", info.width},
                  {"height", info.height},
                  {"codec", info.codec},
                  {"frame_rate", rounded(info.frame_rate, 3)},
                  {"frames", std::move(frames_)},
                  {"frames_per_second", rounded(per_second(), 2)},
                  {"broken_packets", reader_.damage().packets},
                  {"damaged_frames", reader_.damage().frames},
                  {"ms", times_json(times())}};
    if (is_live_) video["dropped"] = dropped_;
    if (is_truncated_) video["truncated"] = true;
    if (const VideoWriter* const writer = saved(); writer != nullptr)
      video.update({{"saved", target_}, {"encoder", writer->encoder()}});
    return video;
  }

  std::string text() const {
    const VideoInfo& info = reader_.info();
    std::string text = fmt::format(
        "{} {}x{} {}: {} {}, {:.1f} a second{}  {}\n", heading(plain(path_)), info.width, info.height,
        info.codec, seen_, seen_ == 1 ? "picture" : "pictures", per_second(),
        dropped_ > 0 ? fmt::format(", {} dropped", dropped_) : std::string(), times_text(times()));
    std::vector<std::vector<std::string>> rows = {{"  LABEL", "PICTURES", "MOST", "FIRST", "LAST"}};
    for (const auto& [class_id, appearance] : appearances_)
      rows.push_back({"  " + label_of(watcher_.info(), class_id), std::to_string(appearance.frames),
                      std::to_string(appearance.most), fmt::format("{:.2f} s", appearance.first),
                      fmt::format("{:.2f} s", appearance.last)});
    text += appearances_.empty() ? "  nothing\n" : table(rows, {1, 2, 3, 4});
    if (const VideoWriter* const writer = saved(); writer != nullptr)
      text += fmt::format("  saved as {} ({})\n", plain(target_), writer->encoder());
    return text;
  }

  const Settings& settings_;
  Watcher& watcher_;
  std::string path_, target_, told_;
  std::size_t& values_left_;  // of the answer's document
  Progress& progress_;
  bool is_live_, is_json_, is_truncated_ = false;
  int every_;
  VideoReader reader_;
  std::optional<VideoWriter> writer_;
  json frames_ = json::array();
  std::map<int, Appearance> appearances_;
  Sums sums_;
  std::int64_t seen_ = 0, dropped_ = 0;
  double seconds_ = 0;  // that it took so far
};

}  // namespace

BatchResult find_in_video(const Invocation& invocation, Watcher& watcher, const std::string& path,
                          const std::string& target, std::size_t& values_left, Progress& progress) {
  return Film(invocation, watcher, path, target, values_left, progress).watch();
}

}  // namespace lp::cli
