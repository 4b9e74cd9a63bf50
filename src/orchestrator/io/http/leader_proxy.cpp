#include "orchestrator/io/http/leader_proxy.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <utility>

#include "log/log.hpp"
#include "orchestrator/io/http/event_feed.hpp"
#include "orchestrator/io/http/problem.hpp"

namespace tidegate::orchestrator {

namespace {

using Clock = std::chrono::steady_clock;

// A leader that lives says something this often; one such word may be late.
constexpr std::chrono::milliseconds kStreamIdle = 2 * kFeedHeartbeat;

constexpr std::string_view kNobodyLeads = "no replica leads at the moment; one will within seconds";
constexpr std::string_view kNoAddress = "the replica that leads has not told its address";
constexpr std::string_view kLoop =
    "this replica does not lead, and the request was passed on to it already";

// Of a request, what its handlers read. Where it came from (Origin, Host) was judged here.
constexpr std::array<std::string_view, 6> kAsked{"accept",           "authorization",
                                                 "content-type",     "x-correlation-id",
                                                 "x-hook-signature", "last-event-id"};
// Of an answer, what its handlers say; the others are about a connection, or each replica adds its
// own.
constexpr std::array<std::string_view, 6> kAnswered{
    "allow",       "content-disposition", "location",
    "retry-after", "www-authenticate",    "x-correlation-id"};

bool is_one_of(auto const& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// Everybody who may write the Lease can put something there.
bool is_address(std::string const& url) {
    auto const parsed = boost::urls::parse_uri(url);
    return parsed && (parsed->scheme() == "http" || parsed->scheme() == "https") &&
           !parsed->host().empty();
}

http::Response unavailable(std::string_view why) {
    auto response = problem(Problem::no_leader, why);
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

http::Response to_response(http::ClientResponse answer) {
    http::Response response;
    response.status = answer.status;
    response.body = std::move(answer.body);
    for (auto& [name, value] : answer.headers) {
        if (name == "content-type") {
            response.content_type = std::move(value);
        } else if (is_one_of(kAnswered, name)) {
            response.headers.emplace_back(std::move(name), std::move(value));
        }
    }
    return response;
}

}  // namespace

// An answer without an end on its way: read() fills it, write() empties it.
struct LeaderProxy::Stream {
    explicit Stream(asio::io_context& io) : woken(io, asio::steady_timer::time_point::max()) {}

    std::string backlog;
    bool begun = false;                   // a piece has come
    bool overrun = false;                 // the client is too slow
    bool left = false;                    // the client is gone
    std::optional<http::Response> ended;  // what the leader has answered, or why it did not
    asio::steady_timer woken;

    asio::awaitable<void> wait() {
        boost::system::error_code ignored;
        co_await woken.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    bool take(std::string_view piece) {
        begun = true;
        overrun |= backlog.size() + piece.size() > kMaxPassOnBacklog;
        if (!overrun) backlog += piece;
        woken.cancel();
        return !overrun && !left;
    }
};

// Held by whoever wants the stream: the coroutine that waits for its begin, then the response.
struct LeaderProxy::Reader {
    explicit Reader(std::shared_ptr<Stream> one) : stream(std::move(one)) {}
    ~Reader() { stream->left = true; }
    Reader(Reader const&) = delete;
    Reader& operator=(Reader const&) = delete;
    std::shared_ptr<Stream> const stream;
};

LeaderProxy::LeaderProxy(asio::io_context& io, std::string name,
                         std::shared_ptr<net::TlsClientContext const> trust)
    : io_(io),
      name_(std::move(name)),
      trust_(std::move(trust)),
      tasks_(io,
             [](std::string const& task, std::string const& what) {
                 log::write(log::Level::error, "service.task_failed", what,
                            {{"task", std::string_view(task)}});
             }),
      changed_(io, asio::steady_timer::time_point::max()) {}

void LeaderProxy::set_leader(std::optional<Leader> leader) {
    if (leader && !is_address(leader->url)) leader->url.clear();
    if (leader == leader_) return;
    leader_ = std::move(leader);
    changed_.cancel();
}

std::optional<http::Response> LeaderProxy::cannot(http::Request const& request) const {
    if (request.header(kPassedOnHeader)) return unavailable(kLoop);
    if (!leader_) return unavailable(kNobodyLeads);
    if (leader_->url.empty()) return unavailable(kNoAddress);
    return std::nullopt;
}

http::ClientRequest LeaderProxy::copy_of(http::Request const& request) const {
    http::ClientRequest copy;
    copy.method = request.method;
    boost::urls::url url(leader_->url);
    url.set_path(request.path);
    for (auto const& [key, value] : request.query) url.params().append({key, value});
    copy.url = url.buffer();
    for (auto const& [header, value] : request.headers) {
        if (is_one_of(kAsked, header)) copy.headers.emplace_back(header, value);
    }
    copy.headers.emplace_back(kPassedOnHeader, name_);
    copy.headers.emplace_back(kPassedOnForHeader, request.remote_ip);
    copy.body = request.body;
    copy.deadline = kPassOnDeadline;
    copy.tls = trust_;
    return copy;
}

asio::awaitable<http::Response> LeaderProxy::pass_on(http::Request const& request) {
    if (auto refused = cannot(request)) co_return *std::move(refused);
    auto answer = co_await client_.send(copy_of(request));
    if (!answer) co_return unavailable("the replica that leads: " + answer.error());
    co_return to_response(*std::move(answer));
}

asio::awaitable<http::Response> LeaderProxy::pass_on_hook(http::Request const& request) {
    auto const end = Clock::now() + kHookWaitsForLeader;
    asio::steady_timer over(io_, end);
    over.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) changed_.cancel();
    });
    while (!leader_ && !tasks_.stopping() && Clock::now() < end) {
        boost::system::error_code ignored;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    over.cancel();
    co_return co_await pass_on(request);
}

// The answer's header is known only when its first piece has come, or when it is over.
asio::awaitable<http::Response> LeaderProxy::pass_on_stream(http::Request const& request) {
    if (auto refused = cannot(request)) co_return *std::move(refused);
    auto const stream = std::make_shared<Stream>(io_);
    tasks_.spawn("pass-on", read(stream, copy_of(request)));
    auto const reader = std::make_shared<Reader>(stream);
    while (!stream->begun && !stream->ended) co_await stream->wait();
    if (!stream->begun) co_return *std::move(stream->ended);
    http::Response response;
    response.content_type = "text/event-stream";
    response.stream = [reader](http::BodyStream& body) { return write(reader->stream, body); };
    co_return response;
}

asio::awaitable<void> LeaderProxy::read(std::shared_ptr<Stream> stream,
                                        http::ClientRequest request) {
    auto answer =
        co_await client_.stream(std::move(request), kStreamIdle,
                                [&](std::string_view piece) { return stream->take(piece); });
    stream->ended = answer ? to_response(*std::move(answer))
                           : unavailable("the replica that leads: " + answer.error());
    stream->woken.cancel();
}

asio::awaitable<void> LeaderProxy::write(std::shared_ptr<Stream> stream, http::BodyStream& body) {
    while (!stream->overrun) {
        while (stream->backlog.empty() && !stream->ended) co_await stream->wait();
        if (stream->backlog.empty()) break;
        auto const pieces = std::exchange(stream->backlog, {});
        if (!co_await body.write(pieces)) break;
    }
}

asio::awaitable<void> LeaderProxy::stop() {
    tasks_.stop();
    changed_.cancel();
    co_await tasks_.join();
}

}  // namespace tidegate::orchestrator
