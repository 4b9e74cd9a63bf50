// Encodes sound as AAC-LC with FFmpeg's libavcodec. One thread at a time.
//
// An AAC decoder gives of each unit the sound that ends where the encoder's input for that unit
// began: the encoder is kAacPriming frames behind. The position of each unit says what a decoder
// gives of it, so who times units by it is in sync to the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/shared_bytes.hpp"
#include "media/aac.hpp"
#include "media/track.hpp"

namespace tidegate::codec {

// Frames of sound in a unit.
inline constexpr std::size_t kAacFrames = media::kAacSamplesPerUnit;
// Frames that a decoder gives before the first one that was encoded.
inline constexpr std::size_t kAacPriming = 1024;
// Bits a second: transparent for stereo with 48 kHz. Low rates get less, as AAC allows them.
inline constexpr std::int64_t kAacBitRate = 128'000;
// Of one channel for a machine that listens to speech.
inline constexpr std::int64_t kSpeechBitRate = 48'000;

struct EncodedUnit {
    // Of the sound that a decoder gives of it, counted from the first frame that was encoded.
    // Negative for the first unit, which holds nothing yet.
    std::int64_t first_frame = 0;
    base::SharedBytes payload;  // a raw access unit
};

// The sample rate and the channels with which sound of this format is encoded: the same if AAC has
// them, otherwise the nearest higher rate, and stereo for more than two channels.
media::AudioFormat encodable(media::AudioFormat format);

class Encoder {
public:
    // Whom the sound is for.
    enum class Listener : std::uint8_t {
        person,   // kAacBitRate
        machine,  // kSpeechBitRate, and the encoder looks less long for what can be left out
    };

    // REQUIRES: encodable(format) == format. The error is a sentence.
    static std::expected<Encoder, std::string> open(media::AudioFormat format,
                                                    Listener listener = Listener::person);
    Encoder(Encoder&&) noexcept;
    Encoder& operator=(Encoder&&) noexcept;
    ~Encoder();

    // What the track's description has to say. The same for each encoder of this format.
    media::AacConfig const& config() const;

    // Encodes exactly kAacFrames frames, interleaved, and appends the units that are ready. The
    // error is a sentence; the encoder cannot be used any more then.
    std::expected<void, std::string> encode(std::span<float const> frames,
                                            std::vector<EncodedUnit>& out);
    // The units that are still inside. The last call.
    std::expected<void, std::string> finish(std::vector<EncodedUnit>& out);

private:
    struct State;
    explicit Encoder(std::unique_ptr<State> state);
    std::expected<void, std::string> receive(std::vector<EncodedUnit>& out);

    std::unique_ptr<State> state_;
};

}  // namespace tidegate::codec
