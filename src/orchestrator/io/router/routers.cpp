#include "orchestrator/io/router/routers.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <utility>

#include "log/log.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// The place of router n among all in the time between two lists, from 0 to 1: the golden ratio
// spreads any number of them.
double place_of(std::size_t n) {
    constexpr double kGolden = 0.6180339887498949;
    auto const product = static_cast<double>(n) * kGolden;
    return product - static_cast<double>(static_cast<std::size_t>(product));
}

std::optional<asio::ip::address> parse_sender(std::string_view text) {
    boost::system::error_code error;
    auto address = asio::ip::make_address(text, error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address;
}

}  // namespace

Routers::Routers(asio::io_context& io, Settings settings, Listener& listener)
    : io_(io),
      settings_(std::move(settings)),
      listener_(listener),
      tasks_(io, log::task_failed),
      name_wake_(io) {}

void Routers::open() {
    for (auto const& address : settings_.addresses.listed) add(address, false);
}

void Routers::start() {
    started_ = true;
    for (auto& [name, watched] : watches_) begin(watched);
    if (!settings_.addresses.named.host.empty()) tasks_.spawn("names", follow_name());
}

asio::awaitable<void> Routers::stop() {
    stopping_ = true;
    name_wake_.cancel();
    tasks_.stop();
    co_await tasks_.join();
    for (auto& [name, watched] : watches_) co_await watched.watch->stop();
}

void Routers::add(RouterAddress address, bool named) {
    auto const name = address.name;
    RouterAccess access{address.api, settings_.login, settings_.tls};
    auto watch =
        std::make_shared<RouterWatch>(io_, name, std::move(access), settings_.interval, listener_);
    auto const it =
        watches_.try_emplace(name, Watched{std::move(address), std::move(watch), named, {}}).first;
    listener_.on_router(name);
    if (started_) begin(it->second);
}

// The first of all is read at once, so that one router is served as fast as ever.
void Routers::begin(Watched& watched) {
    auto const place = place_of(placed_++);
    watched.watch->start(std::chrono::duration_cast<Duration>(settings_.interval * place));
}

void Routers::look(base::StreamPath const& path, std::string_view router, std::string_view sender) {
    if (auto const found = watches_.find(router); found != watches_.end()) {
        return found->second.watch->look(path);
    }
    auto const from = parse_sender(sender);
    std::vector<RouterWatch*> there, all;
    for (auto& [name, watched] : watches_) {
        all.push_back(watched.watch.get());
        if (from && watched.watch->addresses().contains(*from)) there.push_back(all.back());
    }
    look_everywhere(path, there.empty() ? all : there);
}

void Routers::ask_query(base::StreamPath const& path, std::string_view router) {
    auto const found = watches_.find(router);
    if (found != watches_.end()) found->second.watch->ask_query(path);
}

void Routers::look_everywhere(base::StreamPath const& path,
                              std::vector<RouterWatch*> const& where) {
    if (where.size() > 1) {
        auto const now = Clock::now();
        if (now - wide_since_ >= std::chrono::seconds{1}) {
            wide_since_ = now;
            wide_looks_ = 0;
        }
        wide_looks_ += where.size();
        if (wide_looks_ > std::max(kMostWideLooks, where.size())) return;
    }
    for (auto* const watch : where) watch->look(path);
}

std::vector<RouterStatus> Routers::status() const {
    std::vector<RouterStatus> all;
    for (auto const& [name, watched] : watches_) {
        all.push_back({watched.address, watched.watch->status(), watched.watch->doors()});
    }
    return all;
}

RouterAccess Routers::access(std::string_view name) const {
    return {settings_.addresses.find(name).api, settings_.login, settings_.tls};
}

RouterDoors const* Routers::doors(std::string_view name) const {
    auto const found = name.empty() ? watches_.begin() : watches_.find(name);
    if (found == watches_.end() || !found->second.watch->doors()) return nullptr;
    return &*found->second.watch->doors();
}

// --- the DNS name ---

asio::awaitable<void> Routers::follow_name() {
    while (!stopping_) {
        co_await resolve();
        if (stopping_) co_return;
        co_await give_up_missing();
        if (stopping_) co_return;
        boost::system::error_code ignored;
        name_wake_.expires_after(kNameInterval);
        co_await name_wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

// A name that cannot be resolved says nothing about any router.
asio::awaitable<void> Routers::resolve() {
    auto const& [host, port] = settings_.addresses.named;
    tcp::resolver resolver(io_);
    auto const [unknown, found] = co_await resolver.async_resolve(
        host, port, tcp::resolver::numeric_service, asio::as_tuple(asio::use_awaitable));
    if (stopping_) co_return;
    auto const problem = unknown ? unknown.message() : std::string();
    if (std::exchange(name_problem_, problem) != problem && unknown) {
        log::write(log::Level::warn, "router.name_unknown",
                   "the DNS name of the routers cannot be resolved: " + problem,
                   {{"name", std::string_view(host)}});
    }
    if (unknown) co_return;
    std::set<std::string> now;
    for (auto const& one : found) {
        auto address = router_at(settings_.addresses.pattern,
                                 asio::ip::address(one.endpoint().address()).is_v6()
                                     ? "[" + one.endpoint().address().to_string() + "]"
                                     : one.endpoint().address().to_string(),
                                 port);
        now.insert(address.name);
        if (!watches_.contains(address.name)) {
            log::write(log::Level::info, "router.found", "the DNS name has another router",
                       {{"router", std::string_view(address.name)}});
            add(std::move(address), true);
        }
    }
    for (auto& [name, watched] : watches_) {
        if (!watched.named || now.contains(name)) {
            watched.missing_since.reset();
        } else if (!watched.missing_since) {
            watched.missing_since = Clock::now();
        }
    }
}

asio::awaitable<void> Routers::give_up_missing() {
    auto const now = Clock::now();
    for (auto it = watches_.begin(); it != watches_.end();) {
        auto const& [name, watched] = *it;
        auto const& last = watched.watch->status().last_complete;
        bool const silent = !last || now - *last >= kRouterGivenUpAfter;
        bool const gone =
            watched.missing_since && silent && now - *watched.missing_since >= kRouterGivenUpAfter;
        if (!gone) {
            ++it;
            continue;
        }
        log::write(log::Level::warn, "router.gone",
                   "a router that its DNS name no longer has does not answer: it is given up",
                   {{"router", std::string_view(name)}});
        auto const node = watches_.extract(it++);
        co_await node.mapped().watch->stop();
        if (stopping_) co_return;
        listener_.on_router_gone(node.key());
    }
}

}  // namespace tidegate::orchestrator
