// What a player is told before media: which tracks it can get, onMetaData and sequence headers.
// Enhanced RTMP v2 ("fourCcList" in connect); pure functions, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "media/track.hpp"

namespace tidegate::rtmp {

// Indices of the tracks this client can decode, at most one video and one audio: the first H.264,
// AAC or MP3 always; H.265 and Opus only if the client's fourCcList names them ("hvc1", "Opus") or
// holds "*".
std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         std::vector<std::string> const& fourccs);

// Body of the data message @setDataFrame/onMetaData for the first video and the first audio of
// tracks.
base::Bytes write_metadata(media::Tracks const& tracks);

}  // namespace tidegate::rtmp
