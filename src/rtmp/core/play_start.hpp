// What is settled before media flows: which tracks a player gets, and the onMetaData message. See
// Enhanced RTMP v2 for fourCcList. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

// The tracks that a client gets, as indices into `tracks`: at most one video and one audio track,
// the first of each kind that it can decode. Every client can decode H.264, AAC and MP3; H.265 and
// Opus only one whose fourCcList has "hvc1", "Opus" or "*".
std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         std::vector<std::string> const& fourccs);

// The body of the data message onMetaData for a player. It describes the first video and the first
// audio track: what their configurations say, and otherwise what the publisher said.
base::Bytes write_metadata(media::Tracks const& tracks, Metadata const& published = {});

// The body that a publisher sends to a server: the same behind @setDataFrame.
base::Bytes write_published_metadata(media::Tracks const& tracks);

}  // namespace tidegate::rtmp
