#include "kubernetes/io/informer.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <variant>

#include "base/random.hpp"
#include "log/log.hpp"
#include "net/first_of.hpp"

namespace tidegate::kubernetes {

namespace {

using InformerClock = std::chrono::steady_clock;

// Tells the log of a trouble once, and of its end.
class Teller {
public:
    explicit Teller(std::string what) : what_(std::move(what)) {}
    void look(std::optional<Failure> const& trouble) {
        auto const now = trouble ? describe(*trouble) : std::string();
        if (now == told_) return;
        if (now.empty()) {
            log::write(log::Level::info, "cluster.answers", "the list of " + what_ + " is whole");
        } else {
            log::write(log::Level::warn, "cluster.unknown", what_ + " are not known: " + now);
        }
        told_ = now;
    }

private:
    std::string const what_;
    std::string told_;
};

asio::awaitable<void> take_step(Client& client, ListWatch& watch) {
    auto const next = watch.next(InformerClock::now(), base::random_bits());
    if (auto const* const page = std::get_if<ListWatch::Page>(&next)) {
        auto const answer = co_await client.send({.target = page->target});
        watch.on_page(answer);
    } else if (auto const* const lines = std::get_if<ListWatch::Watch>(&next)) {
        auto const ended = co_await client.watch(
            lines->target, lines->idle, [&](std::string_view line) { return watch.on_line(line); });
        watch.on_watch_end(ended, InformerClock::now());
    } else {
        co_await net::sleep_for(std::get<ListWatch::Pause>(next).duration);
    }
}

}  // namespace

asio::awaitable<void> inform(Client& client, ListWatch& watch, std::string what) {
    Teller teller(std::move(what));
    while (true) {
        co_await take_step(client, watch);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        teller.look(watch.trouble());
    }
}

}  // namespace tidegate::kubernetes
