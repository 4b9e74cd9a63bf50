#include "router/hls/dvr.hpp"

#include <numeric>
#include <utility>

#include "base/go_time.hpp"
#include "hls/core/names.hpp"
#include "hls/core/query.hpp"
#include "router/api/answer.hpp"
#include "router/api/clip_sender.hpp"
#include "router/hls/dvr_answer.hpp"
#include "router/hls/visitor.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using http::Response;

namespace {

Response too_many() {
    auto response = error_response(503, "too many requests for recordings at the same time");
    response.headers.emplace_back("Retry-After", "2");
    return response;
}

std::unexpected<ApiError> bad_request(std::string message) {
    return std::unexpected(ApiError{400, std::move(message)});
}

// What the client says about the time that it wants. The index needs a start.
std::expected<void, ApiError> read_times(http::Request const& request, DvrJob& job) {
    auto const start = request.query_value("start");
    if (start) {
        auto const time = base::parse_go_time(*start);
        if (!time) return bad_request("invalid start: " + time.error());
        job.start = *time;
    }
    if (auto const duration = request.query_value("duration")) {
        auto const parsed = base::parse_clip_duration(*duration);
        if (!parsed) return bad_request("invalid duration: " + parsed.error());
        if (parsed->count() <= 0) return bad_request("invalid duration: must be greater than zero");
        job.duration = *parsed;
    }
    return {};
}

// The client's own query, which the URIs of a playlist carry.
std::string own_query(std::string_view raw) {
    hls::Query query(raw);
    query.erase_directives();
    return query.encoded();
}

// What is held in memory until it is sent.
std::size_t bytes_of(std::vector<recording::ClipPiece> const& pieces) {
    return std::accumulate(pieces.begin(), pieces.end(), std::size_t{0},
                           [](std::size_t sum, recording::ClipPiece const& piece) {
                               return sum + piece.head.size() +
                                      piece.sources.size() * sizeof(recording::ClipSource);
                           });
}

std::uint64_t length_of(std::vector<recording::ClipPiece> const& pieces) {
    return std::accumulate(
        pieces.begin(), pieces.end(), std::uint64_t{0},
        [](std::uint64_t sum, recording::ClipPiece const& piece) { return sum + piece.size(); });
}

NextPiece one_by_one(std::vector<recording::ClipPiece> pieces) {
    return [pieces = std::move(pieces), next = std::size_t{0}]() mutable
               -> std::expected<std::optional<recording::ClipPiece>, std::string> {
        if (next == pieces.size()) return std::nullopt;
        return std::move(pieces[next++]);
    };
}

// place: is held until everything is sent.
asio::awaitable<void> send(net::Link link, net::FileThreads& files, std::shared_ptr<ClipPump> pump,
                           SendLimits limits, std::shared_ptr<DvrPlaces::Place>) {
    auto const why = co_await send_clip(std::move(link), files, std::move(pump), limits);
    if (!why.empty()) log_hls(log::Level::debug, "hls.recording", "recording: " + why);
}

}  // namespace

bool Dvr::is_asked(http::Request const& request) {
    return request.query_value("start").has_value();
}

asio::awaitable<Response> Dvr::answer(Ask ask) {
    auto const& services = context_.services;
    auto const conf = services.config.get();
    DvrJob job{.rewind = rewind_, .ask = {}, .name = hls::parse_dvr_name(ask.file), .query = {}};
    if (!job.name && ask.file != hls::kIndexName) co_return plain_not_found();
    if (!conf->global.playback.enabled)
        co_return error_response(404, "recordings are not offered, because playback is off");
    HlsVisitor visitor(context_, ask.request, AuthAction::playback);
    auto const admitted =
        co_await visitor.admit({.path = std::string(ask.path),
                                .query = std::string(ask.query),
                                .log_name = "[conn " + visitor.remote_address() + "]"});
    if (!admitted) co_return std::move(admitted.error());
    auto const& recording = admitted->match.conf->recording;
    if (recording.format != recording::Format::fmp4)
        co_return error_response(400, "MPEG-TS format is not supported yet");
    if (auto const read = read_times(ask.request, job); !read)
        co_return error_response(read.error().status, read.error().message);
    job.query = own_query(ask.query);
    if (job.query.size() > kMaxDvrQuery) co_return error_response(400, "the query is too long");
    job.ask = {
        .files = recording.files,
        .path_name = admitted->path,
        .now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()),
        .is_recording = recording.enabled && services.paths.live(admitted->path) != nullptr};

    auto const place = places_.take(visitor.remote_ip());
    if (place == nullptr) co_return too_many();
    // A playlist may need the headers of thousands of parts.
    bool const lengthy = !job.name || job.name->kind == hls::DvrKind::playlist;
    auto const work = [job] { return dvr_answer(job); };
    auto answer =
        lengthy ? co_await services.files.run(work) : co_await services.files.run_brief(work);
    if (!answer) co_return error_response(answer.error().status, answer.error().message);
    if (!place->hold(bytes_of(answer->pieces))) co_return too_many();
    Response response;
    response.content_type = answer->content_type;
    response.headers = {{"Cache-Control", std::string(answer->cache_control)},
                        {"Content-Length", std::to_string(length_of(answer->pieces))}};
    auto const pump = std::make_shared<ClipPump>(one_by_one(std::move(answer->pieces)), false);
    response.take_over = [&files = services.files, pump, place,
                          limits = SendLimits{conf->global.write_timeout}](net::Link link) {
        return send(std::move(link), files, pump, limits, place);
    };
    co_return response;
}

}  // namespace tidegate::router
