// What a request for a recording is answered with: playlists, and the bytes of segments. It reads
// files, so it is called on the threads for files.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hls/core/dvr_names.hpp"
#include "recording/rewind.hpp"
#include "router/api/answer.hpp"

namespace tidegate::router {

struct DvrJob {
    std::shared_ptr<recording::Rewind> rewind;
    recording::RewindAsk ask;
    std::optional<hls::DvrName> name{};  // nullopt: the multivariant playlist
    std::optional<recording::FileTime> start{};
    std::optional<std::chrono::nanoseconds> duration{};
    std::string query;  // the client's own, raw
};

struct DvrAnswer {
    std::string_view content_type;
    std::string_view cache_control;
    std::vector<recording::ClipPiece> pieces;
};

std::expected<DvrAnswer, ApiError> dvr_answer(DvrJob const& job);

}  // namespace tidegate::router
