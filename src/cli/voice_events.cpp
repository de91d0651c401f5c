#include "cli/voice_events.hpp"

#include "cli/output.hpp"

#include <spdlog/spdlog.h>

namespace lp::cli {

using nlohmann::json;

void VoiceEvents::tell(const json& event, const std::string& text) {
  if (is_json_)
    print(event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  else
    print(text);
}

void VoiceEvents::heard(const Turn& turn, const std::string& language) {
  const std::lock_guard lock(mutex_);
  ++turns_;
  tell({{"type", "heard"},
        {"text", turn.text},
        {"start", rounded(turn.start, 3)},
        {"end", rounded(turn.end, 3)},
        {"language", language}},
       fmt::format("{} {}\n", heading("heard:"), plain(turn.text)));
}

void VoiceEvents::begins(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  tell({{"type", "saying"}, {"text", sentence}}, fmt::format("{} {}\n", heading("says:"), plain(sentence)));
}

void VoiceEvents::ends(const Said& said, double pause_ms) {
  const std::lock_guard lock(mutex_);
  const bool has_sounded = said.first_sound_ms > 0;
  json event = {{"type", "said"}, {"interrupted", said.was_hushed}, {"duration_s", rounded(said.seconds, 3)}};
  if (has_sounded) event["latency_ms"] = rounded(pause_ms + said.first_sound_ms, 1);
  if (!said.error.empty()) {
    ++failed_;
    event["error"] = said.error;
    spdlog::error("{}", said.error);
  }
  if (said.was_hushed) ++interruptions_;
  tell(event, said.was_hushed ? "(interrupted)\n" : "");
}

void VoiceEvents::end(const json& head, double seconds) {
  const std::lock_guard lock(mutex_);
  if (!is_json_) return;
  json event = {{"type", "conversation"},
                {"turns", turns_},
                {"interruptions", interruptions_},
                {"duration_s", rounded(seconds, 3)}};
  event.update(head);
  tell(event, "");
}

}  // namespace lp::cli
