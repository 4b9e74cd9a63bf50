#include "orchestrator/io/http/event_feed.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "orchestrator/io/http/problem.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

namespace {

std::string event_text(std::uint64_t id, std::string_view type, std::string_view json) {
    return "event: " + std::string(type) + "\nid: " + std::to_string(id) +
           "\ndata: " + std::string(json) + "\n\n";
}

}  // namespace

class EventFeed::Subscription {
public:
    Subscription(asio::io_context& io, std::shared_ptr<std::vector<Reader*>> readers)
        : reader(io), readers_(std::move(readers)) {
        readers_->push_back(&reader);
    }
    ~Subscription() { std::erase(*readers_, &reader); }
    Subscription(Subscription const&) = delete;
    Subscription& operator=(Subscription const&) = delete;

    Reader reader;

private:
    std::shared_ptr<std::vector<Reader*>> readers_;
};

EventFeed::EventFeed(asio::io_context& io)
    : io_(io),
      shared_readers_(std::make_shared<std::vector<Reader*>>()),
      readers_(*shared_readers_) {}

EventFeed::~EventFeed() = default;

void EventFeed::publish_text(std::string_view stream_id, std::string_view type,
                             std::string_view json) {
    send(type, json, [&](Wishes const& wishes) {
        return wishes.narrow ? stream_id == wishes.log : stream_id.starts_with(wishes.prefix);
    });
}

void EventFeed::publish_watch(std::string_view type, std::string_view json) {
    send(type, json, [](Wishes const& wishes) { return wishes.watch; });
}

void EventFeed::publish_followed(std::string_view stream_id, std::string_view type,
                                 std::string_view json) {
    send(type, json, [&](Wishes const& wishes) { return wishes.watch && wishes.log == stream_id; });
}

void EventFeed::publish_log(std::string_view stream_id, std::string_view json) {
    send("log", json, [&](Wishes const& wishes) { return wishes.log == stream_id; });
}

std::size_t EventFeed::watchers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(readers_, [](auto const* reader) { return reader->wishes.watch; }));
}

bool EventFeed::has_log_reader(std::string_view stream_id) const {
    return std::ranges::any_of(readers_,
                               [&](auto const* reader) { return reader->wishes.log == stream_id; });
}

std::string EventFeed::text(std::string_view type, std::string_view json) {
    return event_text(next_id_++, type, json);
}

std::set<std::string> EventFeed::followed() const {
    std::set<std::string> streams;
    for (auto const* const reader : readers_) {
        if (reader->wishes.watch && !reader->wishes.log.empty()) streams.insert(reader->wishes.log);
    }
    return streams;
}

void EventFeed::end_all() {
    for (auto* const reader : readers_) end(*reader);
}

void EventFeed::end_watchers() {
    for (auto* const reader : readers_) {
        if (reader->wishes.watch) end(*reader);
    }
}

void EventFeed::end(Reader& reader) {
    reader.ended = true;
    reader.wake.cancel();
}

template <class Wants>
void EventFeed::send(std::string_view type, std::string_view json, Wants wants) {
    auto const id = next_id_++;
    std::string event;
    for (auto* const reader : readers_) {
        if (!wants(reader->wishes)) continue;
        if (event.empty()) event = event_text(id, type, json);
        if (reader->backlog.size() < kMaxFeedBacklog &&
            reader->backlog_bytes + event.size() <= kMaxFeedBacklogBytes) {
            reader->backlog.push_back(event);
            reader->backlog_bytes += event.size();
        } else {
            ++reader->lost;
        }
        reader->wake.cancel();
    }
}

http::Response EventFeed::open(Wishes wishes, std::string first) {
    if (readers_.size() >= kMaxFeedReaders) {
        return problem(Problem::overloaded, "too many readers of the event stream");
    }
    http::Response response;
    response.content_type = "text/event-stream";
    auto subscription = std::make_shared<Subscription>(io_, shared_readers_);
    subscription->reader.wishes = std::move(wishes);
    if (!first.empty()) subscription->reader.backlog.push_back(std::move(first));
    response.stream = [subscription](http::BodyStream& stream) {
        return serve(subscription, stream);
    };
    return response;
}

asio::awaitable<void> EventFeed::serve(std::shared_ptr<Subscription> subscription,
                                       http::BodyStream& stream) {
    auto& reader = subscription->reader;
    std::string text = ": tidegate events\n\n";
    while (co_await stream.write(text)) {
        while (reader.backlog.empty() && !reader.ended) {
            reader.wake.expires_after(kFeedHeartbeat);
            boost::system::error_code woken;
            co_await reader.wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            if (!woken) break;  // a quiet time
        }
        if (reader.ended) co_return;
        text.clear();
        for (auto const& event : std::exchange(reader.backlog, {})) text += event;
        reader.backlog_bytes = 0;
        if (auto const lost = std::exchange(reader.lost, 0); lost != 0) {
            text += "event: lost\ndata: {\"events\":" + std::to_string(lost) + "}\n\n";
        }
        if (text.empty()) text = ": still here\n\n";
    }
}

}  // namespace tidegate::orchestrator
