// The playback server's answers (docs/recording.md). They block, so they are called on the threads
// for files.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "router/api/answer.hpp"
#include "router/api/clip_sender.hpp"
#include "router/api/context.hpp"

namespace tidegate::router {

// Why the name of the path that a request asks for cannot be one. Authentication comes after this
// question and before all others. Does not block.
std::optional<ApiError> playback_name_problem(http::Request const& request);

// GET /list: what is recorded, as ranges without gaps.
Answer list_playback(ApiContext const& context, http::Request const& request);

// GET /get: a range as a file.
struct Playback {
    NextPiece next;
    std::optional<std::uint64_t> size;  // of the whole, if it is known
};
std::expected<Playback, ApiError> get_playback(ApiContext const& context,
                                               http::Request const& request);

}  // namespace tidegate::router
