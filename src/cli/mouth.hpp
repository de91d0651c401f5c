#pragma once
#include "cli/spoken_output.hpp"
#include "tasks/speaker.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <string>
#include <thread>

namespace lp::cli {

/// How an answer ended.
struct Said {
  double seconds = 0;           // of sound that was heard
  double first_sound_ms = 0;    // since the answer was asked for; 0: there was no sound
  std::uint64_t sentences = 0;  // that were begun
  bool was_hushed = false;
  std::string error;  // a sentence, empty if nothing failed
};

/// Speaks answers, sentence by sentence as they come, in a thread of its own, so that whoever listens
/// meanwhile can stop it.
class Mouth {
 public:
  /// Appends the next part of an answer; false at its end, which is soon after the argument says so. Called
  /// by the mouth's thread.
  using Answer = std::function<bool(std::string& text, const std::function<bool()>& is_hushed)>;
  /// Are told of sentences, when each begins, and of the end; by the mouth's thread.
  struct Listeners {
    std::function<void(const std::string& sentence)> begins;
    std::function<void(const Said& said)> ends;
  };
  /// All must outlive this.
  Mouth(Speaker& speaker, const VoiceSettings& voice, SpokenOutput& output, Listeners listeners);
  /// Hushes it.
  ~Mouth();
  Mouth(const Mouth&) = delete;
  Mouth& operator=(const Mouth&) = delete;

  /// Begins to speak an answer; the one before is hushed. @throws what a listener threw.
  void speak(Answer answer);
  /// At once, nothing more of the answer is heard, nor asked for. Does not wait. Any thread.
  void hush() { is_hushed_ = true; }
  /// Waits until the answer has ended. @throws what a listener threw.
  void wait();

  /// Whether an answer has not ended; whether some of it has been heard. Any thread.
  bool is_busy() const { return is_busy_; }
  bool has_sounded() const { return has_sounded_; }
  /// Whether the last answer was hushed before its end.
  bool was_cut_off() const { return was_cut_off_; }

 private:
  void run(const Answer& answer);
  void say(const Answer& answer, Said& said);
  void say_sentence(const std::string& sentence, Said& said);

  Speaker& speaker_;
  VoiceSettings voice_;
  SpokenOutput& output_;
  Listeners listeners_;
  std::atomic<bool> is_hushed_ = false, is_busy_ = false, has_sounded_ = false, was_cut_off_ = false;
  std::chrono::steady_clock::time_point asked_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace lp::cli
