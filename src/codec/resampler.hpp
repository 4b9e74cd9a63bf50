// Brings sound to another sample rate and number of channels with FFmpeg's libswresample, and makes
// it a little longer or shorter to follow a clock. The first frame that comes out is heard when the
// first one that went in is: there is no delay to account for. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/pcm.hpp"
#include "media/track.hpp"

namespace tidegate::codec {

class Resampler {
public:
    // The error is a sentence.
    static std::expected<Resampler, std::string> open(media::AudioFormat from,
                                                      media::AudioFormat to);
    Resampler(Resampler&&) noexcept;
    Resampler& operator=(Resampler&&) noexcept;
    ~Resampler();

    // Appends the frames that are ready, interleaved. A few stay inside, for the filter needs those
    // that follow. REQUIRES: whole frames of `from`.
    void convert(std::span<float const> frames, std::vector<float>& out);
    // Appends what is still inside. The last call.
    void finish(std::vector<float>& out);

    // The next `distance` frames that come out are made from `frames` fewer than usual (negative:
    // more) of those that go in, so the sound comes out longer (shorter).
    void stretch(int frames, int distance);

    // Frames (of `to`) that are inside: what is put in next is heard so much after the last frame
    // that came out.
    std::int64_t held() const;

    media::AudioFormat from() const { return from_; }
    media::AudioFormat to() const { return to_; }

private:
    struct State;
    Resampler(std::unique_ptr<State> state, media::AudioFormat from, media::AudioFormat to);

    std::unique_ptr<State> state_;
    media::AudioFormat from_, to_;
};

// The whole of a sound in another format; the error is a sentence. The same sound if the format is
// the same.
std::expected<media::Pcm, std::string> resampled(media::Pcm pcm, media::AudioFormat to);

}  // namespace tidegate::codec
