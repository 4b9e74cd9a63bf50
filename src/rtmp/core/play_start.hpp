// What is decided and sent before any media: which tracks a player gets, and the onMetaData
// message. See Enhanced RTMP v2 for fourCcList and capsEx. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

// The flag in capsEx of a peer that understands multitrack messages.
inline constexpr std::uint8_t kCapsMultitrack = 2;

// What a player can do, as its connect says.
struct PlayerAbilities {
    std::vector<std::string> fourccs;  // fourCcList, empty for older clients; "*" is any codec
    bool several_tracks = false;       // it understands multitrack messages
};

// The tracks that a client gets, as indices into `tracks`: those that it can decode, in the form of
// their ids (flv::track_ids). Every client can decode H.264, AAC, MP3 and G.711; other codecs only
// one whose fourCcList has their fourCC. Only one with several_tracks gets more than one track of a
// kind.
std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         PlayerAbilities const& abilities);

// A track of those that a message describes, with its id in Enhanced RTMP.
struct NumberedTrack {
    media::Track track;
    std::uint8_t id = 0;
};
// Those of `tracks` that RTMP can carry, and of these the chosen ones; nullopt: all.
std::vector<NumberedTrack> numbered_tracks(
    media::Tracks const& tracks,
    std::optional<std::vector<std::size_t>> const& chosen = std::nullopt);

// The body of the data message onMetaData for a player. It describes the video and the audio track
// with id 0: what their configurations say, and otherwise what the publisher said. Other tracks
// stand in videoTrackIdInfoMap and audioTrackIdInfoMap.
base::Bytes write_metadata(std::vector<NumberedTrack> const& tracks,
                           Metadata const& published = {});

// The body that a publisher sends to a server: the same behind @setDataFrame, and the languages in
// which captions will come.
base::Bytes write_published_metadata(media::Tracks const& tracks,
                                     std::vector<std::string> const& caption_languages = {});

}  // namespace tidegate::rtmp
