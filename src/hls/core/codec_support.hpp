// Which codecs HLS carries, and what its playlists say about them. The only place here that names
// codecs: a further one needs a row in the table of codec_support.cpp. Pure functions; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "hls/core/settings.hpp"
#include "media/error.hpp"
#include "media/track.hpp"

namespace tidegate::hls {

// The indices of the tracks that MediaMTX would carry: of several videos the one whose codec it
// prefers, then all audio in the order of the stream. Tracks that MP4 cannot describe are left out,
// except videos whose parameter sets have yet to come.
std::vector<std::size_t> choose_tracks(std::vector<Source> const& sources);

// MPEG-TS takes less. The error is in MediaMTX's words.
std::expected<void, media::Error> check_mpegts(std::vector<media::Track const*> const& tracks);

// The group of renditions to which a sound belongs: kUsualAudioGroup where all players decode its
// codec, or one for its codec alone.
inline constexpr std::string_view kUsualAudioGroup = "audio";
std::string_view audio_group(media::Track const& track);

// The track's entry in the attribute CODECS (RFC 6381), as MediaMTX writes it; empty when it cannot
// be known.
std::string codecs_entry(media::Track const& track);

}  // namespace tidegate::hls
