#include "tasks/speech/espeak.hpp"

#include "base/dynamic_library.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace lp::speech {
namespace {

constexpr const char* needed_for =
    "pronunciation (espeak-ng; Debian and Ubuntu: apt install libespeak-ng1, macOS: brew install espeak-ng; "
    "or, for English, "
    "LLAMA_PAJAMAS_DICTIONARY=FILE with CMU's pronouncing dictionary)";

// From the documentation of speak_lib.h, API revision 12; its header is under the GPL and is not included.
constexpr int synchronous_output = 2, do_not_exit = 0x8000, text_is_utf8 = 1, phonemes_are_ipa = 2;

DynamicLibrary open_library() {
  const std::string named = environment("LLAMA_PAJAMAS_ESPEAK");
  if (!named.empty()) return DynamicLibrary({named}, needed_for);
#ifdef __APPLE__
  return DynamicLibrary({"libespeak-ng.1.dylib", "/opt/homebrew/lib/libespeak-ng.1.dylib",
                         "/usr/local/lib/libespeak-ng.1.dylib"},
                        needed_for);
#else
  return DynamicLibrary({"libespeak-ng.so.1"}, needed_for);
#endif
}

/// espeak-ng 1.51, which Debian 12 has, writes the vowel of German "Turm" as "??", later ones as "ʊɐ". A
/// question mark of the text is no part of phonemes.
void mend_german(std::string& phonemes) {
  constexpr std::string_view broken = "??", vowel = "\u028A\u0250";
  for (std::size_t at = phonemes.find(broken); at != std::string::npos; at = phonemes.find(broken, at))
    phonemes.replace(at, broken.size(), vowel);
}

/// "(en)" and "(de)" around words of another language.
std::string without_languages(std::string_view phonemes) {
  std::string kept;
  while (!phonemes.empty()) {
    const std::size_t open = std::min(phonemes.find('('), phonemes.size());
    kept += phonemes.substr(0, open);
    phonemes.remove_prefix(open);
    const std::size_t close = phonemes.find(')');
    if (close == std::string_view::npos) break;
    phonemes.remove_prefix(close + 1);
  }
  return kept + std::string(phonemes);
}

/// The one espeak-ng of the process, with the voice that was used last.
class Espeak {
 public:
  Espeak() {
    const DynamicLibrary library = open_library();
    int (*initialize)(int output, int buffer_ms, const char* path, int options) = nullptr;
    const char* (*info)(const char** path) = nullptr;
    library.find(initialize, "espeak_Initialize");
    library.find(info, "espeak_Info");
    library.find(set_voice_, "espeak_SetVoiceByName");
    library.find(to_phonemes_, "espeak_TextToPhonemes");
    if (initialize(synchronous_output, 0, nullptr, do_not_exit) < 0)
      fail(Fault::unsupported,
           "espeak-ng finds no data (Debian and Ubuntu: apt install espeak-ng-data; ESPEAK_DATA_PATH names a "
           "folder)");
    version_ = info(nullptr);
  }

  const std::string& version() const { return version_; }

  /// @throws Error{unsupported} if there is no such voice.
  void use(const std::string& voice) {
    const std::lock_guard lock(mutex_);
    set(voice);
  }

  std::string phonemes(const std::string& voice, std::string_view clause) {
    const std::lock_guard lock(mutex_);
    set(voice);
    std::string text(clause);
    std::replace(text.begin(), text.end(), '\0', ' ');
    std::replace(text.begin(), text.end(), '"', ' ');  // in some languages it is said: "подвійна лапка"
    std::string all;
    // It says how far it came, mostly to the end, and null behind it.
    for (const void* at = text.c_str(); at != nullptr;) {
      const void* const before = at;
      const char* const found = to_phonemes_(&at, text_is_utf8, phonemes_are_ipa);
      const std::string part = found == nullptr ? "" : without_languages(found);
      if (!all.empty() && !part.empty()) all += ' ';
      all += part;
      if (at == before) break;
    }
    if (voice.starts_with("de")) mend_german(all);
    return all;
  }

 private:
  void set(const std::string& voice) {
    if (voice == voice_) return;
    voice_.clear();
    if (set_voice_(voice.c_str()) != 0)
      fail(Fault::unsupported, "espeak-ng {} has no voice `{}`", version_, voice);
    voice_ = voice;
  }

  int (*set_voice_)(const char* name) = nullptr;
  const char* (*to_phonemes_)(const void** text, int text_mode, int phoneme_mode) = nullptr;
  std::string version_, voice_;
  std::mutex mutex_;
};

Espeak& espeak() {
  static Espeak one;  // tried again at the next call if it throws
  return one;
}

class EspeakPhonemizer final : public Phonemizer {
 public:
  explicit EspeakPhonemizer(std::string voice) : voice_(std::move(voice)) { espeak().use(voice_); }
  std::string phonemes(std::string_view clause) override { return espeak().phonemes(voice_, clause); }

 private:
  std::string voice_;
};

}  // namespace

std::unique_ptr<Phonemizer> open_espeak(const std::string& voice) {
  return std::make_unique<EspeakPhonemizer>(voice);
}

std::string espeak_version() {
  return espeak().version();
}

}  // namespace lp::speech
