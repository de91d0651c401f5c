#pragma once
#include "base/json.hpp"
#include "cli/command.hpp"
#include "tasks/detector.hpp"

#include <set>
#include <string>
#include <string_view>

namespace lp::cli {

/// A detector with the options of the command line.
class Watcher {
 public:
  /// @throws Error.
  Watcher(const Settings& settings, const LoadedModel& loaded, std::string_view task);

  const ModelInfo& info() const { return loaded_.model->info; }
  Detector& detector() { return detector_; }
  /// The session of `batch` square inputs.
  Session& session(int batch) { return detector_.session(detector_.size(), detector_.size(), batch); }

  DetectResult see(const Image& image) { return detector_.detect(image, options_); }
  /// What the detector's last run found; as Detector::result.
  DetectResult seen(std::size_t position, const ImageSize& size) const {
    return detector_.result(position, size, options_);
  }

  /// Draws what was found. `target`: the file that it is for; a warning names it once.
  void draw(Image& image, const DetectResult& found, const std::string& target);

 private:
  LoadedModel loaded_;
  Detector detector_;
  DetectOptions options_;
  std::set<std::string> warned_of_;
};

/// The label of a class, or its number where it has none.
std::string label_of(const ModelInfo& info, int class_id);

/// What was found, as it stands under "detections".
nlohmann::json detections_json(const DetectResult& found, const ModelInfo& info);

/// "2 person, 1 dog": the most frequent first; "nothing".
std::string counts_text(const DetectResult& found, const ModelInfo& info);

}  // namespace lp::cli
