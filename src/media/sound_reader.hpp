#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lp {

/// What a sound file says of itself.
struct SoundInfo {
  double seconds = 0;        // length; 0 where nothing says it
  bool is_estimate = false;  // of the length: from the size of the file
  int rate = 0;              // samples a second, as they are stored
  int channels = 0;
  std::string codec;  // as FFmpeg calls it: "flac"
};

/// The samples of a sound file, or of a video's sound, in one channel and at the rate that is wanted, through
/// FFmpeg's libraries, which are opened when they are first needed. Only the file itself is read, whatever is
/// written in it: no playlists, no network. Memory is bounded: it is read piece by piece. One thread at a
/// time.
class SoundReader {
 public:
  /// `rate`: samples a second that `next` gives. `stop` is asked from time to time; once it says so, the
  /// sound is at its end. `pcm_rate`, unless 0: the file has no header, only 16-bit samples, little-endian,
  /// of one channel, that many a second.
  /// @throws Error{not_found, io}; Error{bad_input} if it has no sound in it, or one of fewer than 1,000 or
  /// more than 768,000 samples a second or of more than 64 channels; Error{unsupported} without FFmpeg.
  static SoundReader open_file(const std::filesystem::path& path, int rate, std::function<bool()> stop = {},
                               int pcm_rate = 0);
  /// What comes out of a pipe as it comes: any container that can be read without going back. `name` stands
  /// for it in messages; the descriptor stays the caller's. A file that is one's standard input is read as a
  /// file, back and forth. @throws as open_file does.
  static SoundReader open_pipe(int descriptor, const std::string& name, int rate,
                               std::function<bool()> stop = {}, int pcm_rate = 0);

  ~SoundReader();
  SoundReader(SoundReader&& other) noexcept;
  SoundReader& operator=(SoundReader&& other) noexcept;

  const SoundInfo& info() const;
  /// Appends the next samples, about -1 to 1; false after the last ones. @throws Error{bad_input} where
  /// nothing can be decoded.
  bool next(std::vector<float>& samples);
  /// Packets that could not be decoded as they should be, so far.
  std::int64_t damaged_packets() const;

 private:
  class Stream;
  explicit SoundReader(std::unique_ptr<Stream> stream);

  std::unique_ptr<Stream> stream_;
};

}  // namespace lp
