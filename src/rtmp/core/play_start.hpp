// What a player is told before media: which tracks it can get, onMetaData and sequence headers.
// Enhanced RTMP v2 ("fourCcList" in connect); pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

// Indices of the tracks this client can decode, at most one video and one audio: the first H.264,
// AAC or MP3 always; H.265 and Opus only if the client's fourCcList names them ("hvc1", "Opus") or
// holds "*".
std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         std::vector<std::string> const& fourccs);

// Body of the data message onMetaData for the first video and the first audio of tracks: what
// their configurations say, completed by what the publisher said.
base::Bytes write_metadata(media::Tracks const& tracks, Metadata const& published = {});

// The same as a publisher sends it to a server, behind @setDataFrame.
base::Bytes write_published_metadata(media::Tracks const& tracks);

}  // namespace tidegate::rtmp
