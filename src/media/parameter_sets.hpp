// The parameter sets of a video track, kept by id: pictures choose theirs by number, and a stream
// may have several in force at once. Without start code or length, the emulation prevention bytes
// left in. A value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "media/codec.hpp"
#include "media/nal.hpp"

namespace tidegate::media {

// All sets of a track together. They stand in every description, before every key frame, and in
// base 64 on one line of SDP, which FFmpeg cuts at 16 KiB.
inline constexpr std::size_t kMaxParameterSetBytes = 8 * 1024;
// Sets of one role: what the five and eight bits of an AVCDecoderConfigurationRecord can count.
inline constexpr std::size_t kMaxSequenceSets = 31;
inline constexpr std::size_t kMaxPictureSets = 255;
// Sets that a description may list: more than a codec has ids for, so that a long list of nothing
// costs little.
inline constexpr std::size_t kMaxDescribedSets = 512;
// An SPS of H.264 says profile and level at least: records repeat them.
inline constexpr std::size_t kMinH264SpsSize = 4;

class ParameterSets {
public:
    struct Set {
        NalRole role{};
        std::uint8_t layer = 0;  // H.265's nuh_layer_id
        std::uint8_t id = 0;
        // Its id could not be read: it counts as 0, but never in place of one that says so.
        bool doubtful = false;
        std::uint64_t seen = 0;  // when it came last, to know which may go
        base::Bytes nalu;
    };

    explicit ParameterSets(Codec codec) : codec_(codec) {}
    // Of one description: what is no parameter set is left out.
    ParameterSets(Codec codec, std::span<base::ByteView const> nalus);

    // Takes the place of the set with the same id, else joins the others; what has not come for the
    // longest goes when there is no room. Returns whether anything has changed: not for what is
    // known already, is no parameter set, or is larger than all may be together.
    bool put(base::ByteView nalu);
    // All sets of another collection.
    bool put(ParameterSets const& others);

    // Whether putting them would change nothing.
    bool covers(ParameterSets const& others) const;

    // In the order of decoder configurations: VPS, SPS, PPS, each by id.
    std::span<Set const> all() const { return sets_; }
    std::span<Set const> of(NalRole role) const;
    bool empty() const { return sets_.empty(); }
    // Nothing that a decoder needs is missing: an SPS, a PPS and, for H.265, a VPS.
    bool complete() const;
    // The SPS that speaks for the track: the first of those that were given together, later the one
    // that changed last. Empty when there is none.
    base::ByteView sps() const;
    // Of one role, as descriptions list them: sps() first, for readers that look at one only.
    std::vector<base::ByteView> described(NalRole role) const;

    bool operator==(ParameterSets const& other) const;

private:
    bool replace(Set& known, bool doubtful, base::ByteView nalu);
    bool insert(Set fresh, base::ByteView nalu);
    void make_room(NalRole role, std::size_t size);
    void note_sps(Set const& set);

    Codec codec_;
    std::vector<Set> sets_;  // sorted: by role, layer, id
    std::size_t bytes_ = 0;
    std::uint64_t clock_ = 0;
    std::uint16_t sps_ = 0;  // layer and id of sps()
};

}  // namespace tidegate::media
