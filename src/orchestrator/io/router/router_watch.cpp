#include "orchestrator/io/router/router_watch.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "log/log.hpp"
#include "orchestrator/io/router/recorded_spans.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

namespace {

// A router tells of this many entries at once. Paths of further ones are not shown as recorded.
constexpr std::string_view kPathEntries = "/v3/config/paths/list?itemsPerPage=1000";

asio::awaitable<void> sleep_until(asio::steady_timer& timer, Time when) {
    boost::system::error_code ignored;
    timer.expires_at(when);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

RouterWatch::RouterWatch(asio::io_context& io, std::string name, RouterAccess access,
                         Duration interval, Listener& listener)
    : io_(io),
      name_(std::move(name)),
      url_(access.url),
      interval_(interval),
      listener_(listener),
      api_(std::move(access), kResyncDeadline),
      list_(api_),
      tasks_(io, log::task_failed),
      list_wake_(io),
      look_wake_(io),
      query_wake_(io, Time::max()) {
    status_.router = name_;
    take_literal_address();
}

void RouterWatch::start(Duration first_list) {
    tasks_.spawn("lists", list_for_ever(first_list));
    for (std::size_t i = 0; i < kLooksAtOnce; ++i) tasks_.spawn("looks", look_for_ever());
    for (std::size_t i = 0; i < kQueriesAtOnce; ++i) tasks_.spawn("queries", ask_for_ever());
}

asio::awaitable<void> RouterWatch::stop() {
    stopping_ = true;
    list_wake_.cancel();
    look_wake_.cancel();
    query_wake_.cancel();
    tasks_.stop();
    co_await tasks_.join();
}

// --- lists ---

asio::awaitable<void> RouterWatch::list_for_ever(Duration first_list) {
    auto regular = Clock::now() + first_list;
    auto not_before = Time::min();
    while (!stopping_) {
        next_list_ = std::min(next_list_, regular);
        while (!stopping_) {
            auto const due = std::max(next_list_, not_before);
            if (Clock::now() >= due) break;
            co_await sleep_until(list_wake_, due);
        }
        if (stopping_) co_return;
        next_list_ = Time::max();  // who wants a list from now on wants another one
        co_await list();
        auto const now = Clock::now();
        not_before = now + std::max<Duration>(kResyncSpacing, kListShare * status_.took);
        // Lists stay spread over time: the next one keeps its place.
        while (regular <= now) regular += interval_;
        std::erase_if(looked_at_, [&](auto const& one) { return now - one.second > kHintSpacing; });
    }
}

asio::awaitable<void> RouterWatch::list() {
    auto const asked = Clock::now();
    auto items = co_await list_.fetch(recorded_entries_);
    if (stopping_) co_return;
    status_.asked = true;
    status_.took = Clock::now() - asked;
    if (!items) {
        status_.error = items.error();
        next_look_at_configuration_ = {};  // it may come back with another configuration
        listener_.on_list_failed(*this);
        co_return;
    }
    co_await asio::post(io_, asio::use_awaitable);  // others have waited while it was parsed
    if (stopping_) co_return;
    status_.error.clear();
    status_.last_complete = Clock::now();
    status_.paths = items->size();
    listener_.on_list(*this, *items, asked);
    co_await look_at_configuration();
}

void RouterWatch::list_at(Time when) {
    if (when >= next_list_) return;
    next_list_ = when;
    list_wake_.cancel();
}

// --- looks ---

void RouterWatch::look(base::StreamPath const& path) {
    auto name = base::stream_path(path.stream_id, path.direction);
    if (!waiting_.insert(name).second) return;
    auto const now = Clock::now();
    auto const last = looked_at_.find(name);
    auto const due = last == looked_at_.end() ? now : std::max(now, last->second + kHintSpacing);
    looks_.emplace(due, std::move(name));
    if (looks_.size() > kMostLooks) {
        looks_.clear();
        waiting_.clear();
        return list_at(now);
    }
    look_wake_.cancel_one();
}

std::optional<std::string> RouterWatch::next_look() {
    if (looks_.empty() || looks_.begin()->first > Clock::now()) return std::nullopt;
    auto path = std::move(looks_.begin()->second);
    looks_.erase(looks_.begin());
    waiting_.erase(path);
    return path;
}

asio::awaitable<void> RouterWatch::look_for_ever() {
    while (!stopping_) {
        if (auto path = next_look()) {
            co_await look_at(*std::move(path));
            continue;
        }
        // Whoever sets the timer wakes the others, which set it to the same time: then it is set.
        auto const due = looks_.empty() ? Time::max() : looks_.begin()->first;
        if (look_wake_.expiry() != due) look_wake_.expires_at(due);
        boost::system::error_code ignored;
        co_await look_wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<void> RouterWatch::look_at(std::string path) {
    auto const asked = Clock::now();
    looked_at_[path] = asked;
    auto item = co_await list_.fetch_one(path, recorded_entries_);
    if (stopping_) co_return;
    if (!item) co_return list_at(Clock::now());  // which tells what is wrong with the router
    listener_.on_look(*this, *base::parse_stream_path(path), *item ? &**item : nullptr, asked);
}

// --- queries ---

void RouterWatch::ask_query(base::StreamPath const& path) {
    if (queries_.size() >= kMostQueries) return look(path);
    queries_.push_back(path);
    query_wake_.cancel_one();
}

asio::awaitable<void> RouterWatch::ask_for_ever() {
    while (!stopping_) {
        if (queries_.empty()) {
            // It is never set: that would wake the others who wait.
            boost::system::error_code ignored;
            co_await query_wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            continue;
        }
        auto path = std::move(queries_.front());
        queries_.pop_front();
        co_await ask_query_of(std::move(path));
    }
}

// The path first: its source may have changed.
asio::awaitable<void> RouterWatch::ask_query_of(base::StreamPath path) {
    auto const asked = Clock::now();
    auto const item = co_await list_.fetch_one(base::stream_path(path.stream_id, path.direction),
                                               recorded_entries_);
    if (stopping_) co_return;
    if (!item) co_return list_at(Clock::now());
    std::optional<std::string> query;
    if (*item && (*item)->online) query = co_await list_.fetch_query(**item);
    if (stopping_) co_return;
    listener_.on_query(*this, path, *item ? &**item : nullptr, query, asked);
}

// --- what else is asked ---

// After the list, which is what workers wait for. A failure leaves what is known.
asio::awaitable<void> RouterWatch::look_at_configuration() {
    if (Clock::now() < next_look_at_configuration_) co_return;
    next_look_at_configuration_ = Clock::now() + kDoorsInterval;
    co_await look_at_addresses();
    if (!stopping_) co_await look_at_doors();
    if (!stopping_) co_await look_what_is_recorded();
}

// A path that is the first to be recorded is shown so after the next list.
asio::awaitable<void> RouterWatch::look_what_is_recorded() {
    auto const body = co_await api_.get(std::string(kPathEntries));
    if (stopping_ || !body) co_return;
    if (auto entries = parse_recording_entries(*body)) recorded_entries_ = *std::move(entries);
}

asio::awaitable<void> RouterWatch::look_at_doors() {
    auto const body = co_await api_.get("/v3/config/global/get");
    if (stopping_ || !body) co_return;
    auto doors = parse_router_doors(*body);
    if (!doors || doors_ == *doors) co_return;
    doors_ = *std::move(doors);
    listener_.on_doors(*this, *doors_);
}

// Its hooks come from where it is.
bool RouterWatch::take_literal_address() {
    auto const url = boost::urls::parse_uri(url_);
    if (!url) return true;
    boost::system::error_code error;
    auto const literal = asio::ip::make_address(url->host_address(), error);
    if (error) return false;
    addresses_ = {literal};
    return true;
}

asio::awaitable<void> RouterWatch::look_at_addresses() {
    if (take_literal_address()) co_return;
    auto const host = boost::urls::parse_uri(url_)->host_address();
    asio::ip::tcp::resolver resolver(io_);
    auto const [unknown, found] =
        co_await resolver.async_resolve(host, "", asio::as_tuple(asio::use_awaitable));
    if (stopping_ || unknown) co_return;
    addresses_.clear();
    for (auto const& one : found) addresses_.insert(one.endpoint().address());
}

}  // namespace tidegate::orchestrator
