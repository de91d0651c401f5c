#pragma once
#include "base/json.hpp"
#include "cli/mouth.hpp"

#include <mutex>
#include <string>

namespace lp::cli {

/// What somebody said until they paused. Times are seconds from the start of the sound.
struct Turn {
  std::string text;
  double start = 0, end = 0;
};

/// Tells on standard output what happens in a conversation, for people or as a line of JSON each. Any
/// threads.
class VoiceEvents {
 public:
  explicit VoiceEvents(bool is_json) : is_json_(is_json) {}

  void heard(const Turn& turn, const std::string& language);
  void begins(const std::string& sentence);
  /// `pause_ms`: from the end of the turn until the answer was asked for.
  void ends(const Said& said, double pause_ms);
  /// Nothing follows. `head`: what the models are; nothing for people.
  void end(const nlohmann::json& head, double seconds);

  int failed_answers() const { return failed_; }

 private:
  void tell(const nlohmann::json& event, const std::string& text);

  bool is_json_;
  std::mutex mutex_;
  int turns_ = 0, interruptions_ = 0, failed_ = 0;
};

}  // namespace lp::cli
