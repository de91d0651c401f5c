#pragma once
#include "media/ffmpeg.hpp"

#include <new>

namespace lp::ffmpeg {

/// FFmpeg's settings by name.
class Dictionary {
 public:
  Dictionary() = default;
  ~Dictionary() { library().av_dict_free(&dictionary_); }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  void set(const char* key, const char* value) {
    if (library().av_dict_set(&dictionary_, key, value, 0) < 0) throw std::bad_alloc();
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

}  // namespace lp::ffmpeg
