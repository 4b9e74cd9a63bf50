// The playback server's answers (docs/playback.md). What reads files is left to jobs, which own all
// that they use, and are called on the threads for files.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>

#include "router/api/answer.hpp"
#include "router/api/clip_sender.hpp"
#include "router/api/context.hpp"

namespace tidegate::router {

// Why the name of the path that a request asks for cannot be one. Authentication comes after this
// question and before all others.
std::optional<ApiError> playback_name_problem(http::Request const& request);

// GET /list: what is recorded, as ranges without gaps.
FileAnswer list_playback(ApiContext const& context, http::Request const& request);

// GET /get: a range as a file.
struct Playback {
    NextPiece next;
    std::optional<std::uint64_t> size;  // of the whole, if it is known
};
using PlaybackJob = std::function<std::expected<Playback, ApiError>()>;
std::expected<PlaybackJob, ApiError> get_playback(ApiContext const& context,
                                                  http::Request const& request);

}  // namespace tidegate::router
