#include "plane/plane.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <istream>

#include "base/number.hpp"
#include "base/random.hpp"

namespace tidegate::plane {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kTurn{5};

double at(std::vector<double> const& sorted, double share) {
    if (sorted.empty()) return 0;
    auto const last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(share * last)];
}

}  // namespace

Plane::Plane(asio::io_context& io, Settings settings) : io_(io), settings_(std::move(settings)) {
    for (unsigned n = 0; n < settings_.routers; ++n) {
        routers_.push_back(std::make_unique<Router>(io_, n, settings_, counts_));
    }
}

void Plane::start() {
    for (std::size_t n = 0; n < settings_.streams; ++n) publish_one(false);
    for (auto const& router : routers_) {
        router->start();
        asio::co_spawn(io_, router->send_hooks(), asio::detached);
    }
}

void Plane::publish_one(bool with_hook) {
    Live const one{"stream-" + std::to_string(1'000'000 + next_id_++),
                   static_cast<unsigned>(random_() % settings_.routers)};
    if (with_hook) waiting_[one.id] = Clock::now();
    routers_[one.router]->publish(one.id, base::uuid_from(random_(), random_()), with_hook);
    live_.push_back(one);
}

asio::awaitable<void> Plane::publish_for(std::chrono::seconds time) {
    asio::steady_timer timer(io_);
    auto const began = Clock::now();
    std::uint64_t done = 0;
    while (Clock::now() < began + time) {
        auto const elapsed = std::chrono::duration<double>(Clock::now() - began).count();
        auto const due = static_cast<std::uint64_t>(elapsed * settings_.rate);
        for (; done < due; ++done) {
            publish_one(true);
            ++published_;
            routers_[live_.front().router]->end(live_.front().id);
            live_.pop_front();
        }
        timer.expires_after(kTurn);
        co_await timer.async_wait(kAsTuple);
    }
}

void Plane::take_event(std::string const& text) {
    auto const event = json::parse(text);
    auto const found = waiting_.find(std::string(event.at("streamId").as_string()));
    auto const& to = event.at("to").as_string();
    if (found == waiting_.end() || (to != "starting" && to != "backing-off")) return;
    std::chrono::duration<double, std::milli> const took = Clock::now() - found->second;
    asked_ms_.push_back(took.count());
    waiting_.erase(found);
}

asio::awaitable<void> Plane::follow_events() {
    auto const colon = settings_.service.rfind(':');
    tcp::endpoint const service(asio::ip::make_address(settings_.service.substr(0, colon)),
                                base::parse_port(settings_.service.substr(colon + 1)).value());
    tcp::socket socket(io_);
    co_await socket.async_connect(service, asio::use_awaitable);
    std::string const request =
        "GET /v1/events/stream HTTP/1.1\r\nHost: " + settings_.service + "\r\n\r\n";
    co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
    asio::streambuf received;
    std::string type, line;
    while (true) {
        auto const [ended, bytes] =
            co_await asio::async_read_until(socket, received, '\n', kAsTuple);
        if (ended) co_return;
        std::istream in(&received);
        std::getline(in, line);
        if (line.starts_with("event: ")) type = line.substr(7);
        if (!line.starts_with("data: ")) continue;
        if (type == "transition") take_event(line.substr(6));
        if (type == "lost") ++lost_events_;
    }
}

std::string Plane::report() const {
    auto sorted = asked_ms_;
    std::ranges::sort(sorted);
    json::object const asked{{"n", sorted.size()},
                             {"p50", at(sorted, 0.5)},
                             {"p99", at(sorted, 0.99)},
                             {"max", at(sorted, 1)}};
    return json::serialize(json::object{{"published", published_},
                                        {"asked_ms", asked},
                                        {"never_asked", waiting_.size()},
                                        {"lists", counts_.lists},
                                        {"looks", counts_.looks},
                                        {"hooks", counts_.hooks},
                                        {"failed_hooks", counts_.failed_hooks},
                                        {"lost_events", lost_events_}});
}

}  // namespace tidegate::plane
