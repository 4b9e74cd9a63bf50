#include "kubernetes/io/lease_keeper.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/random.hpp"
#include "kubernetes/io/informer.hpp"
#include "log/log.hpp"

namespace tidegate::kubernetes {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;

MicroTime wall() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

ListWatchSettings watch_settings(LeaseKeeperSettings const& settings, Leases const& leases) {
    return {.path = leases.path(),
            .selector = {},
            .fields = "metadata.name=" + settings.claim.name,
            // Its holder renews it all the time, or it is free soon.
            .idle = 2 * std::chrono::milliseconds(settings.claim.times.duration)};
}

// A server needs no longer for an answer, unless it is overloaded.
constexpr std::chrono::milliseconds kMostForAnAnswer{5'000};

// Three requests that hang fit before the deadline.
std::chrono::milliseconds request_deadline(ClaimTimes const& times) {
    return std::min(times.deadline / 4, kMostForAnAnswer);
}

}  // namespace

LeaseKeeper::LeaseKeeper(asio::io_context& io, Client& client, LeaseKeeperSettings settings,
                         Events events)
    : settings_(std::move(settings)),
      events_(std::move(events)),
      leases_(client, settings_.name_space, request_deadline(settings_.claim.times)),
      last_requests_(client, settings_.name_space, kReleaseDeadline / 2),
      claim_(settings_.claim, Clock::now(), base::random_bits()),
      client_(client),
      watch_(watch_settings(settings_, leases_), *this),
      tasks_(io, log::task_failed),
      wake_(io),
      end_(io) {}

void LeaseKeeper::start() {
    tasks_.spawn("lease", keep());
    if (settings_.watches) {
        tasks_.spawn("watch", inform(client_, watch_, "the Lease " + settings_.claim.name));
    }
}

void LeaseKeeper::listed(boost::json::value const& object) {
    listed_ = true;
    if (auto const lease = parse_lease(object)) on_seen(*lease);
}

void LeaseKeeper::list_ended(std::string const&) {
    if (!listed_) on_seen(std::nullopt);
}

void LeaseKeeper::removed(boost::json::value const&) {
    on_seen(std::nullopt);
}

void LeaseKeeper::on_seen(std::optional<Lease> const& lease) {
    if (tasks_.stopping()) return;
    take(claim_.on_seen(lease, Clock::now()));
    wake_.cancel();
}

asio::awaitable<void> LeaseKeeper::keep() {
    while (!tasks_.stopping()) {
        // This process may have slept.
        take(claim_.on_time(Clock::now()));
        auto const next = claim_.next();
        if (next.at > Clock::now()) {
            wake_.expires_at(next.at);
            boost::system::error_code ignored;
            co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        } else {
            co_await ask(next.ask);
        }
    }
}

asio::awaitable<void> LeaseKeeper::ask(Claim::Ask what) {
    auto const sent = Clock::now();
    if (what == Claim::Ask::read) {
        auto const result = co_await leases_.get(settings_.claim.name);
        if (!result && !result.error().not_found()) note_renewal(result);
        take(claim_.on_read(result, Clock::now()));
        co_return;
    }
    writing_ = true;
    auto wanted = claim_.wanted(wall());
    auto const result = what == Claim::Ask::create ? co_await leases_.create(std::move(wanted))
                                                   : co_await leases_.update(std::move(wanted));
    writing_ = false;
    note_renewal(result);
    take(claim_.on_written(result, sent, Clock::now()));
}

// Only its holder has something to renew.
void LeaseKeeper::note_renewal(Claim::Result const& result) {
    if (!claim_.valid_until() || tasks_.stopping()) return;
    if (!result) {
        bool const is_first = !std::exchange(behind_, true);
        if (events_.not_renewed) events_.not_renewed(is_first, describe(result.error()));
    } else if (std::exchange(behind_, false) && events_.renewed_again) {
        events_.renewed_again();
    }
}

void LeaseKeeper::take(Claim::Change change) {
    arm_end();
    if (events_.changed) events_.changed();
    if (change == Claim::Change::acquired) events_.acquired();
    if (change == Claim::Change::lost) events_.lost(claim_.reason());
}

// A request may hang for longer than we may act.
void LeaseKeeper::arm_end() {
    auto const until = claim_.valid_until();
    if (until == end_armed_for_) return;
    end_armed_for_ = until;
    end_.cancel();
    if (!until) return;
    end_.expires_at(*until);
    end_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) take(claim_.on_time(Clock::now()));
    });
}

asio::awaitable<void> LeaseKeeper::release() {
    tasks_.stop();
    end_.cancel();
    co_await tasks_.join();
    if (auto lease = claim_.release(wall())) {
        co_await give_back(*std::move(lease));
    } else if (writing_) {
        co_await give_back_what_was_asked_for();
    }
}

// We wanted it, and do not know whether we got it.
asio::awaitable<void> LeaseKeeper::give_back_what_was_asked_for() {
    auto lease = co_await last_requests_.get(settings_.claim.name);
    if (!lease || lease->holder != settings_.claim.holder) co_return;
    co_await give_back(released(*std::move(lease), wall()));
}

// A renewal that was under way may have been carried out: then the version is another one.
asio::awaitable<void> LeaseKeeper::give_back(Lease lease) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        std::optional<Failure> failure;
        if (settings_.remove_at_end) {
            auto const done = co_await last_requests_.remove(lease);
            if (!done) failure = done.error();
        } else {
            auto const done = co_await last_requests_.update(lease);
            if (!done) failure = done.error();
        }
        if (!failure || !failure->conflict()) co_return;
        auto const now = co_await last_requests_.get(lease.name);
        if (!now || now->holder != settings_.claim.holder) co_return;
        lease.resource_version = now->resource_version;
    }
}

}  // namespace tidegate::kubernetes
