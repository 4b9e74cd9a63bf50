// Decodes the sound of one audio track with FFmpeg's libavcodec: AAC (also HE-AAC), Opus, MP3,
// AC-3, E-AC-3, FLAC and G.711. Damaged units cost their own sound and nothing else: the decoder
// goes on with the next unit. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "media/pcm.hpp"
#include "media/track.hpp"

namespace tidegate::codec {

// Bytes of a unit. Eight channels of FLAC with 32 bits need less for the longest frame that FLAC's
// streamable subset allows; a longer unit is damaged, or hostile.
inline constexpr std::size_t kMaxUnitSize = std::size_t{1} << 20;
// Frames of sound that one unit may give: the longest frame of any codec here (FLAC's).
inline constexpr std::size_t kMaxUnitFrames = 65535;
// The most channels that are decoded: 7.1.
inline constexpr int kMaxChannels = 8;

// What one unit, or a part of it, sounds like.
struct Sound {
    base::Timestamp at{};  // when its first sample is heard
    media::Pcm pcm;        // no sample is NaN or infinite
};

class Decoder {
public:
    // The error is a sentence: the codec is none of the above, or its configuration is damaged.
    static std::expected<Decoder, std::string> open(media::Track const& track);
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;
    ~Decoder();

    // Appends the sound of a unit to `out`; nothing for a damaged one. Some decoders give the sound
    // of a unit with the next one. The format may change from one unit to the next.
    void decode(base::ByteView unit, base::Timestamp pts, std::vector<Sound>& out);
    // Forgets what came before: the next unit does not continue it.
    void restart();

    std::uint64_t errors() const { return errors_; }  // units that were damaged

private:
    struct State;
    explicit Decoder(std::unique_ptr<State> state);
    bool receive(std::vector<Sound>& out);

    std::unique_ptr<State> state_;
    std::uint64_t errors_ = 0;
};

}  // namespace tidegate::codec
