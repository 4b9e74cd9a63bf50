// How requests name a stream and its tracks (contract §7.2). Pure; internal to this folder.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "rtsp/core/url.hpp"

namespace tidegate::rtsp {

struct StreamName {
    std::string path;
    std::string query;
};

// DESCRIBE, PLAY, RECORD: one trailing slash goes, from a query that ends in it (FFmpeg), else from
// the path (GStreamer).
StreamName without_trailing_slash(Url const& url);

struct TrackName {
    StreamName stream;
    std::uint16_t track = 0;
};

// SETUP for play: the last /trackID=<n> is cut from the query, else from the path; none but a
// trailing slash is track 0. The error is a sentence.
std::expected<TrackName, std::string> track_name(Url const& url);

}  // namespace tidegate::rtsp
