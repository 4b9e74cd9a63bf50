// The parameter sets (VPS, SPS, PPS) of one video track, kept by their ids: a picture names its PPS
// by id, a PPS its SPS, and several of each may be in force at once. Each set is a NAL unit without
// start code or length, with its emulation prevention bytes. A value; owns its bytes; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "media/codec.hpp"
#include "media/nal.hpp"

namespace tidegate::media {

// The size of all sets of a track together, in bytes. They are sent in every description and before
// every key frame. In SDP they stand in base 64 on one line, which FFmpeg cuts at 16 KiB.
inline constexpr std::size_t kMaxParameterSetBytes = 8 * 1024;
// How many VPS, how many SPS and how many PPS are kept: the counters in an
// AVCDecoderConfigurationRecord have five bits for the SPS and eight for the PPS.
inline constexpr std::size_t kMaxSequenceSets = 31;
inline constexpr std::size_t kMaxPictureSets = 255;
// How many sets of a received description are looked at: more than the codecs have ids. It bounds
// the work for a hostile description.
inline constexpr std::size_t kMaxDescribedSets = 512;
// An SPS of H.264 with fewer bytes is ignored: decoder configuration records repeat its profile and
// level, which are its first four bytes.
inline constexpr std::size_t kMinH264SpsSize = 4;

// How many ids each kind of set has (ITU-T H.264 §7.4.2.1.1, §7.4.2.2; ITU-T H.265 §7.4.3.1 to
// §7.4.3.3).
inline constexpr unsigned kH264SpsIds = 32;
inline constexpr unsigned kH264PpsIds = 256;
inline constexpr unsigned kH265VpsIds = 16;
inline constexpr unsigned kH265SpsIds = 16;
inline constexpr unsigned kH265PpsIds = 64;

// The id of a parameter set. nullopt when the nalu is no parameter set, when it ends before its id,
// and when its codec does not have that id.
std::optional<std::uint8_t> parameter_set_id(Codec codec, base::ByteView nalu);

class ParameterSets {
public:
    struct Set {
        NalRole role{};
        std::uint8_t layer = 0;  // nuh_layer_id of H.265; 0 for H.264
        std::uint8_t id = 0;
        // false: the id could not be read. The set is kept as id 0 then, but it never replaces a
        // set whose id is known.
        bool id_known = true;
        std::uint64_t seen = 0;  // when put() saw it last, counted in calls: the oldest goes first
        base::Bytes nalu;
    };

    explicit ParameterSets(Codec codec) : codec_(codec) {}
    // The sets of one description. NAL units that are no parameter sets are left out.
    ParameterSets(Codec codec, std::span<base::ByteView const> nalus);
    ParameterSets(Codec codec, std::initializer_list<base::Bytes> nalus);

    // Adds one set. It replaces the set with the same role, layer and id. When there is no room for
    // it, the sets that have not been seen for the longest time are removed. Returns whether
    // anything changed: false for a set that is known already, for a NAL unit that is no parameter
    // set, and for one that is larger than all sets together may be.
    bool put(base::ByteView nalu);
    // Adds all sets of another collection; its sps(), if it has one, becomes the sps() here.
    // Returns whether anything changed.
    bool put(ParameterSets const& others);

    // Whether put(others) would change nothing.
    bool covers(ParameterSets const& others) const;

    // All sets in the order of decoder configurations: VPS, SPS, PPS, and each of them by id.
    std::span<Set const> all() const { return sets_; }
    std::span<Set const> of(NalRole role) const;
    bool empty() const { return sets_.empty(); }
    // Whether a decoder can start with these: an SPS, a PPS and, for H.265, a VPS are there.
    bool complete() const;
    // The SPS that describes the track where only one can be named. After the constructor it is the
    // first SPS of the description; each SPS of the base layer that put() adds or changes takes its
    // place. Empty when there is none.
    base::ByteView sps() const;
    // The sets of one role as a description should list them: sps() comes first, because some
    // readers look at the first one only.
    std::vector<base::ByteView> described(NalRole role) const;

    bool operator==(ParameterSets const& other) const;

private:
    bool replace(Set& known, bool id_known, base::ByteView nalu);
    bool insert(Set fresh, base::ByteView nalu);
    void make_room(NalRole role, std::size_t size);
    void note_sps(Set const& set);

    Codec codec_;
    std::vector<Set> sets_;  // sorted by role, layer and id
    std::size_t bytes_ = 0;  // of all sets together
    std::uint64_t clock_ = 0;
    std::uint16_t sps_ = 0;  // layer (high byte) and id (low byte) of sps()
};

}  // namespace tidegate::media
