#include "router/hls/live.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/number.hpp"
#include "base/random.hpp"
#include "http/masked_query.hpp"
#include "router/api/answer.hpp"
#include "router/hls/live_viewer.hpp"
#include "router/hls/visitor.hpp"

namespace tidegate::router {

namespace asio = boost::asio;
using http::Response;

namespace {

constexpr std::chrono::milliseconds kParametersCheck{100};

// Whether the codecs of all tracks that are asked for are known.
bool is_described(media::Tracks const& tracks, LiveChoice const& choice) {
    if (!choice.video) return true;
    auto number = *choice.video;
    for (auto const& track : tracks) {
        if (track.kind() == media::Kind::video && --number == 0) return track.configured();
    }
    return true;
}

std::expected<std::optional<std::size_t>, std::string> number_of(http::Request const& request,
                                                                 std::string_view name) {
    auto const text = request.query_value(name);
    if (!text) return 1;
    if (*text == "none") return std::nullopt;
    auto const number = base::parse_number<std::size_t>(*text);
    if (number && *number >= 1 && *number <= media::kMaxTracks) return *number;
    return std::unexpected(fmt::format("'{}' must be the number of a track, or none", name));
}

}  // namespace

std::expected<LiveChoice, std::string> live_choice_of(http::Request const& request) {
    auto const video = number_of(request, "video");
    auto const audio = number_of(request, "audio");
    if (!video) return std::unexpected(video.error());
    if (!audio) return std::unexpected(audio.error());
    if (!*video && !*audio) return std::unexpected("neither video nor audio is asked for");
    return LiveChoice{*video, *audio};
}

asio::awaitable<Response> Live::answer(Ask ask) {
    auto const choice = live_choice_of(ask.request);
    if (!choice) co_return error_response(400, choice.error());
    HlsVisitor visitor(context_, ask.request);
    HlsSessionInfo info;
    info.id = base::random_uuid();
    info.created = std::chrono::system_clock::now();
    info.remote_address = visitor.remote_address();
    info.path = ask.path;
    info.query = http::masked_query(ask.query);
    info.user = visitor.user();
    info.user_agent = visitor.user_agent();
    info.is_cdn = ask.trusted;

    auto admitted = co_await visitor.admit({.path = info.path,
                                            .query = std::string(ask.query),
                                            .id = info.id,
                                            .log_name = "[session " + info.id.substr(0, 8) + "]",
                                            .trusted = ask.trusted});
    if (!admitted) co_return std::move(admitted.error());
    auto seat = co_await visitor.read(std::move(*admitted), PeerId{"hlsSession", info.id});
    if (!seat) co_return std::move(seat.error());
    auto const stream = seat->stream();
    auto const until = HlsClock::now() + kLiveParametersWait;
    while (!is_described(*stream->tracks(), *choice) && HlsClock::now() < until) {
        if (!co_await visitor.wait(kParametersCheck)) co_return error_response(500, "terminated");
    }
    auto channel = channels_.open(stream, *choice);
    if (!channel) co_return error_response(404, channel.error());

    Response response;
    response.content_type = fmt::format(
        "{}/mp4; codecs=\"{}\"", (*channel)->has_video() ? "video" : "audio", (*channel)->codecs());
    response.headers = {{"Cache-Control", "no-store"}};
    auto start = std::make_shared<LiveViewer::Start>(
        LiveViewer::Start{std::move(info), *channel, std::move(*seat),
                          context_.services.config.get()->global.write_timeout});
    response.take_over = [start, &web = context_.services.web,
                          &items = context_.items](net::Link link) {
        return LiveViewer::run(std::move(link), web, items, std::move(*start));
    };
    co_return response;
}

}  // namespace tidegate::router
