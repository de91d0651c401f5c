#pragma once
#include "media/sound_writer.hpp"

namespace lp {

/// FFmpeg's encoder and container for a format other than wav and pcm. `name`: the sound's, for messages.
/// `is_mp4`: AAC goes into an MPEG-4 file. `target` must outlive it.
/// @throws Error{unsupported} without FFmpeg or the encoder, Error{io}.
std::unique_ptr<SoundWriter::Encoder> encode_sound(const std::string& name, ByteTarget& target,
                                                   SoundFormat format, bool is_mp4, int rate);

}  // namespace lp
