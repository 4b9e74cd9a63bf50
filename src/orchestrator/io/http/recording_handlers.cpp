#include "orchestrator/io/http/recording_handlers.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <utility>

#include "base/go_time.hpp"
#include "base/number.hpp"
#include "base/stream_id.hpp"
#include "http/json_text.hpp"
#include "orchestrator/io/http/problem.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

struct Counted {
    explicit Counted(std::size_t& count) : count_(count) { ++count_; }
    ~Counted() { --count_; }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;

private:
    std::size_t& count_;
};

http::Response too_many() {
    return problem(Problem::overloaded, "too many requests about recordings wait for the router");
}

// "live/demo/out"; nullopt: there is no such stream or side.
std::optional<std::string> path_of(http::Request const& request) {
    auto const& id = request.params.at("id");
    auto const& side = request.params.at("side");
    if (!base::is_stream_id(id) || (side != "in" && side != "out")) return std::nullopt;
    return base::stream_path(id, side == "in" ? base::Direction::in : base::Direction::out);
}

http::Response no_such_path() {
    return problem(Problem::not_found, "a stream's recordings are those of its in or its out");
}

std::expected<std::optional<std::string>, std::string> time_param(http::Request const& request,
                                                                  std::string_view key) {
    auto const value = request.query_value(key);
    if (!value) return std::nullopt;
    if (!base::parse_go_time(*value)) {
        return std::unexpected(std::string(key) + " must be a time as of RFC 3339");
    }
    return std::string(*value);
}

std::expected<RecordingsAsk, std::string> ask_of(http::Request const& request) {
    RecordingsAsk ask;
    auto from = time_param(request, "from");
    if (!from) return std::unexpected(from.error());
    auto to = time_param(request, "to");
    if (!to) return std::unexpected(to.error());
    ask.from = *std::move(from);
    ask.to = *std::move(to);
    if (auto const limit = request.query_value("limit")) {
        auto const number = base::parse_number<std::size_t>(*limit);
        if (!number || *number < 1 || *number > kMostSpans) {
            return std::unexpected("limit must be a number from 1 to " +
                                   std::to_string(kMostSpans));
        }
        ask.limit = *number;
    }
    return ask;
}

double seconds_between(base::GoTime from, base::GoTime to) {
    return std::chrono::duration<double>(to - from).count();
}

json::array spans_json(Recordings const& shown) {
    json::array spans;
    RecordedSpan const* before = nullptr;
    for (auto const& span : shown.recorded.spans) {
        json::value gap = nullptr;
        if (before != nullptr) gap = std::max(0.0, seconds_between(before->ends(), span.begins));
        bool const last = &span == &shown.recorded.spans.back();
        spans.push_back(json::object{{"start", span.start},
                                     {"duration", span.seconds},
                                     {"gapBefore", std::move(gap)},
                                     {"open", last && shown.open}});
        before = &span;
    }
    return spans;
}

http::Response shown_as_json(std::string const& path, Recordings const& shown) {
    http::Response response;
    response.content_type = "application/json";
    response.body = http::to_text(json::object{{"ts", to_text(std::chrono::system_clock::now())},
                                               {"path", path},
                                               {"state", name(shown.state)},
                                               {"error", shown.error},
                                               {"problem", shown.problem},
                                               {"more", shown.recorded.more},
                                               {"spans", spans_json(shown)}});
    return response;
}

http::Response refusal_of(RecordingsError const& error) {
    switch (error.kind) {
        case RecordingsError::Kind::unreachable:
            return problem(Problem::router_unreachable, error.message);
        case RecordingsError::Kind::refused:
            return problem(Problem::router_refused, error.message);
        case RecordingsError::Kind::not_known:
        case RecordingsError::Kind::has_groups:
            return problem(Problem::conflict, error.message);
    }
    std::unreachable();
}

asio::awaitable<http::Response> answer(RouterRecordings& recordings, std::string path,
                                       std::optional<Door> playback, RecordingsAsk ask) {
    auto const shown = co_await recordings.look(path, std::move(playback), std::move(ask));
    co_return shown ? shown_as_json(path, *shown) : refusal_of(shown.error());
}

}  // namespace

std::expected<RecordingHandlers::Asked, http::Response> RecordingHandlers::asked_of(
    http::Request const& request) const {
    auto path = path_of(request);
    if (!path) return std::unexpected(no_such_path());
    auto router = from_.router(request.params.at("id"), request.query_value("router").value_or(""));
    if (!router) return std::unexpected(problem(Problem::conflict, router.error()));
    return Asked{*std::move(path), *std::move(router)};
}

asio::awaitable<http::Response> RecordingHandlers::show(http::Request const& request) {
    auto asked = asked_of(request);
    if (!asked) co_return asked.error();
    auto ask = ask_of(request);
    if (!ask) co_return problem(Problem::bad_request, ask.error());
    if (under_way_ >= kMostRecordingRequests) co_return too_many();
    Counted const counted(under_way_);
    RouterRecordings recordings(asked->router.access);
    co_return co_await answer(recordings, asked->path, asked->router.playback, *std::move(ask));
}

asio::awaitable<http::Response> RecordingHandlers::switch_to(http::Request const& request,
                                                             bool record) {
    auto asked = asked_of(request);
    if (!asked) co_return asked.error();
    if (under_way_ >= kMostRecordingRequests) co_return too_many();
    Counted const counted(under_way_);
    RouterRecordings recordings(asked->router.access);
    auto const changed = co_await recordings.switch_to(asked->path, record);
    if (!changed) co_return refusal_of(changed.error());
    if (*changed) from_.switched(request.params.at("id"), asked->path, record);
    co_return co_await answer(recordings, asked->path, asked->router.playback, {});
}

}  // namespace tidegate::orchestrator
