#include "net/tls_watch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/file_watch.hpp"

namespace tidegate::net {

namespace {

// Shared by the tasks, which may outlive their owner by one turn of the loop.
struct Pair {
    Pair(asio::io_context& io, std::shared_ptr<TlsServerContext> tls, TlsWatch::Report tell)
        : changed(io), context(std::move(tls)), report(std::move(tell)) {}

    // False: there is no use in waiting, because all is told.
    bool reload(bool again) {
        auto const result = context->reload();
        if (!result && !again) return true;
        if (!result) {
            report(std::unexpected(result.error()));
        } else if (*result == TlsServerContext::Reloaded::changed) {
            report({});
        }
        return false;
    }

    asio::steady_timer changed;  // used as a condition variable
    bool dirty = false;
    std::shared_ptr<TlsServerContext> context;
    TlsWatch::Report report;
};

// True: a file has changed. False: the time has passed.
asio::awaitable<bool> wait(std::shared_ptr<Pair> pair, asio::steady_timer::time_point until) {
    pair->changed.expires_at(until);
    boost::system::error_code ignored;
    if (!pair->dirty) {
        co_await pair->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return std::exchange(pair->dirty, false);
}

asio::awaitable<void> keep_current(std::shared_ptr<Pair> pair) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const state = co_await asio::this_coro::cancellation_state;
    bool again = false;
    while (state.cancelled() == asio::cancellation_type::none) {
        auto const until = again ? asio::steady_timer::clock_type::now() + kPairTime
                                 : asio::steady_timer::time_point::max();
        bool const changed = co_await wait(pair, until);
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        if (changed || again) again = pair->reload(again && !changed);
    }
}

}  // namespace

TlsWatch::TlsWatch(asio::io_context& io, std::shared_ptr<TlsServerContext> context, Report report)
    : tasks_(io, [report](std::string const& name, std::string const& what) {
          report(std::unexpected(name + ": " + what));
      }) {
    auto const settings = context->settings();
    auto const pair = std::make_shared<Pair>(io, std::move(context), std::move(report));
    auto const on_change = [pair] {
        pair->dirty = true;
        pair->changed.cancel();
    };
    auto const on_failure = [pair](std::string const& why) {
        pair->report(std::unexpected("changes will not be noticed: " + why));
    };
    for (auto const& file : {settings.certificate_file, settings.key_file}) {
        tasks_.spawn("watch " + file, watch_file(file, on_change, on_failure));
    }
    tasks_.spawn("reload certificates", keep_current(pair));
}

}  // namespace tidegate::net
