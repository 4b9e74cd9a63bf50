#include "orchestrator/io/http/event_feed.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "http/json_text.hpp"
#include "orchestrator/io/http/problem.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

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

void EventFeed::publish(std::string_view type, boost::json::object const& data) {
    auto const id = next_id_++;
    if (readers_.empty()) return;
    auto const text = "event: " + std::string(type) + "\nid: " + std::to_string(id) +
                      "\ndata: " + http::to_text(data) + "\n\n";
    for (auto* const reader : readers_) {
        if (reader->backlog.size() < kMaxFeedBacklog) {
            reader->backlog.push_back(text);
        } else {
            ++reader->lost;
        }
        reader->wake.cancel();
    }
}

http::Response EventFeed::open() {
    if (readers_.size() >= kMaxFeedReaders) {
        return problem(Problem::overloaded, "too many readers of the event stream");
    }
    http::Response response;
    response.content_type = "text/event-stream";
    auto subscription = std::make_shared<Subscription>(io_, shared_readers_);
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
        while (reader.backlog.empty()) {
            reader.wake.expires_after(kFeedHeartbeat);
            boost::system::error_code woken;
            co_await reader.wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            if (!woken) break;  // a quiet time
        }
        text.clear();
        for (auto const& event : std::exchange(reader.backlog, {})) text += event;
        if (auto const lost = std::exchange(reader.lost, 0); lost != 0) {
            text += "event: lost\ndata: {\"events\":" + std::to_string(lost) + "}\n\n";
        }
        if (text.empty()) text = ": still here\n\n";
    }
}

}  // namespace tidegate::orchestrator
