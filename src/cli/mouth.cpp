#include "cli/mouth.hpp"

#include "base/error.hpp"
#include "cli/stop.hpp"
#include "tasks/speech/sentence_cutter.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>
#include <vector>

namespace lp::cli {

constexpr double pause = 0.2;  // seconds between sentences, as Speaker has it

Mouth::Mouth(Speaker& speaker, const VoiceSettings& voice, SpokenOutput& output, Listeners listeners)
    : speaker_(speaker), voice_(voice), output_(output), listeners_(std::move(listeners)) {}

Mouth::~Mouth() {
  hush();
  if (thread_.joinable()) thread_.join();
}

void Mouth::speak(Answer answer) {
  hush();
  wait();
  is_hushed_ = has_sounded_ = false;
  is_busy_ = true;
  asked_ = std::chrono::steady_clock::now();
  thread_ = std::thread([this, answer = std::move(answer)] { run(answer); });
}

void Mouth::wait() {
  if (thread_.joinable()) thread_.join();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

/// The thread.
void Mouth::run(const Answer& answer) {
  try {
    Said said;
    const auto keep = [&said](const Error& failed) {
      if (said.error.empty()) said.error = failed.what();
    };
    try {
      say(answer, said);
    } catch (const Error& failed) {
      keep(failed);
      was_cut_off_ = false;
    }
    try {  // what was made before is heard, whatever failed
      if (has_sounded_) output_.finish();
    } catch (const Error& failed) {
      keep(failed);
    }
    if (has_sounded_) said.seconds = output_.seconds();
    said.was_hushed = is_hushed_;
    listeners_.ends(said);
  } catch (...) {
    error_ = std::current_exception();
  }
  is_busy_ = false;
}

void Mouth::say(const Answer& answer, Said& said) {
  speech::SentenceCutter sentences;
  std::optional<Error> failed;
  const auto is_hushed = [this] { return is_hushed_ || stop_signal() != 0; };
  was_cut_off_ = true;  // until the end
  for (bool more = true; !is_hushed();) {
    if (const auto sentence = sentences.next(!more)) {
      say_sentence(*sentence, said);
    } else if (more) {
      std::string part;
      try {
        more = answer(part, is_hushed);
      } catch (const Error& error) {  // what came before is said
        failed = error;
        more = false;
      }
      sentences.add(part);
    } else {
      was_cut_off_ = false;
      break;
    }
  }
  if (failed) throw Error(*failed);
}

void Mouth::say_sentence(const std::string& sentence, Said& said) {
  const auto play = [&](std::span<const float> samples) {
    if (!has_sounded_) {
      output_.begin([this] { return is_hushed_ || stop_signal() != 0; });
      const std::chrono::duration<double, std::milli> waited = std::chrono::steady_clock::now() - asked_;
      said.first_sound_ms = waited.count();
      has_sounded_ = true;
    }
    output_.write(samples);
    return !is_hushed_ && stop_signal() == 0;
  };
  listeners_.begins(sentence);
  if (has_sounded_) play(std::vector<float>(static_cast<std::size_t>(pause * speaker_.rate())));
  try {
    VoiceSettings voice = voice_;
    voice.seed += said.sentences++;  // or each sentence would have the same noise
    speaker_.speak(sentence, voice, play);
  } catch (const Error& failed) {
    if (failed.fault() != Fault::bad_input) throw;
    spdlog::warn("{}", failed.what());  // marks alone, say
  }
}

}  // namespace lp::cli
