#include "kubernetes/io/client.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/duration.hpp"
#include "http/client.hpp"
#include "kubernetes/core/pace.hpp"
#include "kubernetes/core/watch_lines.hpp"
#include "kubernetes/io/credentials.hpp"
#include "kubernetes/io/turns.hpp"
#include "log/log.hpp"
#include "net/first_of.hpp"

namespace tidegate::kubernetes {

namespace json = boost::json;

namespace {

using SteadyClock = std::chrono::steady_clock;

// A request that was given up because the program ends says nothing about the server.
asio::awaitable<bool> is_given_up() {
    auto const state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

// How often a request is sent again after 429. Then the caller hears of it.
constexpr int kMaxRepeats = 5;
// After a 429 that says nothing about when.
constexpr std::chrono::seconds kDefaultPause{1};
// The header of a watch comes at once; a server that has just started needs some seconds.
constexpr std::chrono::seconds kWatchBegins{30};

Failure no_answer(std::string message) {
    return {.message = std::move(message)};
}

std::string_view header_of(http::ClientResponse const& response, std::string_view name) {
    auto const* const value = response.header(name);
    return value == nullptr ? std::string_view() : std::string_view(*value);
}

Answer answer_of(http::ClientResponse const& response) {
    if (response.status / 100 != 2) {
        return std::unexpected(
            failure_of(response.status, response.body, header_of(response, "retry-after")));
    }
    if (response.body.empty()) return json::value();
    boost::system::error_code error;
    auto value = json::parse(response.body, error);
    if (!error) return value;
    return std::unexpected(no_answer("the answer is no JSON: " + error.message()));
}

}  // namespace

class Client::Impl {
public:
    Impl(ClientSettings settings, Credentials credentials)
        : settings_(std::move(settings)),
          credentials_(std::move(credentials)),
          pace_(settings_.requests_per_second, settings_.burst),
          turns_(settings_.most_under_way) {}

    static asio::awaitable<Answer> send(std::shared_ptr<Impl> self, Request request);
    static asio::awaitable<std::expected<void, Failure>> watch(std::shared_ptr<Impl> self,
                                                               std::string target,
                                                               std::chrono::milliseconds idle,
                                                               OnLine on_line);
    std::string const& name_space() const { return settings_.access.name_space; }

private:
    http::ClientRequest to_http(std::string const& method, std::string const& target);
    asio::awaitable<void> wait_for_pace();
    asio::awaitable<Answer> send_once(Request const& request, std::string const& body);
    // failure: null: the answer was good.
    void note(Failure const* failure);
    // The server wants a pause, if the failure says so.
    void heed(Failure const& failure);
    bool is_repeatable(Failure const& failure);

    ClientSettings const settings_;
    Credentials credentials_;
    Pace pace_;
    Turns turns_;
    http::Client http_;
};

http::ClientRequest Client::Impl::to_http(std::string const& method, std::string const& target) {
    http::ClientRequest request{.method = method, .url = settings_.access.server + target};
    request.headers = {{"Accept", "application/json"}, {"User-Agent", settings_.user_agent}};
    auto authorization = credentials_.authorization(SteadyClock::now());
    if (!authorization.empty()) {
        request.headers.emplace_back("Authorization", std::move(authorization));
    }
    request.tls = credentials_.trust();
    return request;
}

asio::awaitable<void> Client::Impl::wait_for_pace() {
    auto until = pace_.take(SteadyClock::now());
    while (true) {
        until = std::max(until, pace_.paused_until());
        auto const now = SteadyClock::now();
        if (until <= now) co_return;
        co_await net::sleep_for(until - now);
    }
}

void Client::Impl::heed(Failure const& failure) {
    if (failure.code != 429 && !failure.retry_after) return;
    pace_.pause(SteadyClock::now() + failure.retry_after.value_or(kDefaultPause));
}

bool Client::Impl::is_repeatable(Failure const& failure) {
    if (failure.code == 429) return true;
    // A connection that did not come about may be due to an authority that was exchanged; the next
    // request will know.
    bool const renewed =
        (failure.code == 0 || failure.code == 401) && credentials_.renew(SteadyClock::now());
    return failure.code == 401 && renewed;
}

void Client::Impl::note(Failure const* failure) {
    if (!settings_.reach) return;
    auto const now = SteadyClock::now();
    auto const since = settings_.reach->lost_at().value_or(now);
    auto const change = settings_.reach->note(failure, now);
    if (change == Reach::Change::lost) {
        log::write(log::Level::warn, "cluster.unreachable",
                   "the API server does not answer: " + describe(*failure));
    } else if (change == Reach::Change::found) {
        log::write(
            log::Level::info, "cluster.reachable",
            "the API server answers again, after " +
                base::format_duration(std::chrono::floor<std::chrono::seconds>(now - since)));
    }
}

asio::awaitable<Answer> Client::Impl::send_once(Request const& request, std::string const& body) {
    co_await wait_for_pace();
    auto message = to_http(request.method, request.target);
    if (!body.empty()) message.headers.emplace_back("Content-Type", request.content_type);
    message.body = body;
    message.deadline = request.deadline;
    message.max_body_bytes = request.max_answer_bytes;
    auto const response = co_await http_.send(std::move(message));
    auto answer =
        response ? answer_of(*response) : Answer(std::unexpected(no_answer(response.error())));
    if (!co_await is_given_up()) note(answer ? nullptr : &answer.error());
    co_return answer;
}

asio::awaitable<Answer> Client::Impl::send(std::shared_ptr<Impl> self, Request request) {
    auto const turn = co_await self->turns_.take();
    auto const body = request.body.is_null() ? std::string() : json::serialize(request.body);
    for (int repeats = 0;; ++repeats) {
        auto answer = co_await self->send_once(request, body);
        if (answer) co_return answer;
        self->heed(answer.error());
        if (!self->is_repeatable(answer.error()) || repeats == kMaxRepeats) co_return answer;
    }
}

asio::awaitable<std::expected<void, Failure>> Client::Impl::watch(std::shared_ptr<Impl> self,
                                                                  std::string target,
                                                                  std::chrono::milliseconds idle,
                                                                  OnLine on_line) {
    co_await self->wait_for_pace();
    auto request = self->to_http("GET", target);
    request.deadline = kWatchBegins;
    WatchLines lines;
    auto fed = WatchLines::Fed::more;
    bool heard = false;
    auto const response =
        co_await self->http_.stream(std::move(request), idle, [&](std::string_view piece) {
            if (!std::exchange(heard, true)) self->note(nullptr);  // it may last for minutes
            fed = lines.feed(piece, on_line);
            return fed == WatchLines::Fed::more;
        });
    if (fed == WatchLines::Fed::too_long) {
        co_return std::unexpected(no_answer("the watch has sent a line without an end"));
    }
    if (!response) {
        auto failure = no_answer(response.error());
        if (!co_await is_given_up()) self->note(&failure);
        self->is_repeatable(failure);  // files are read again; the watch is the caller's to repeat
        co_return std::unexpected(std::move(failure));
    }
    if (response->status / 100 != 2) {
        auto failure = answer_of(*response).error();
        self->note(&failure);
        self->heed(failure);
        self->is_repeatable(failure);
        co_return std::unexpected(std::move(failure));
    }
    if (fed == WatchLines::Fed::more && lines.is_broken()) {
        co_return std::unexpected(no_answer("the watch has ended in the middle of a line"));
    }
    self->note(nullptr);
    co_return std::expected<void, Failure>();
}

std::expected<std::unique_ptr<Client>, std::string> Client::make(ClientSettings settings) {
    auto credentials = Credentials::read(settings.access, SteadyClock::now());
    if (!credentials) return std::unexpected(credentials.error());
    return std::unique_ptr<Client>(
        new Client(std::make_shared<Impl>(std::move(settings), *std::move(credentials))));
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

asio::awaitable<Answer> Client::send(Request request) {
    return Impl::send(impl_, std::move(request));
}

asio::awaitable<std::expected<void, Failure>> Client::watch(std::string target,
                                                            std::chrono::milliseconds idle,
                                                            OnLine on_line) {
    return Impl::watch(impl_, std::move(target), idle, std::move(on_line));
}

std::string const& Client::name_space() const {
    return impl_->name_space();
}

}  // namespace tidegate::kubernetes
