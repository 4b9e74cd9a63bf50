#include "election.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "log/log.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;

// Where the record says how its holder is reached.
constexpr char kUrl[] = "tidegate/url";

}  // namespace

std::expected<std::unique_ptr<Election>, std::string> Election::make(
    asio::io_context& io, orchestrator::MediaService& service, Settings const& wanted) {
    auto access = kubernetes::find_access(wanted.access);
    if (!access) return std::unexpected(access.error());
    auto client = kubernetes::Client::make(
        {.access = *std::move(access), .user_agent = "media-service", .reach = wanted.reach});
    if (!client) return std::unexpected(client.error());
    kubernetes::LeaseKeeperSettings settings{.claim = {.name = wanted.lease,
                                                       .holder = wanted.name,
                                                       .times = kubernetes::kLeaderClaim,
                                                       .labels = {},
                                                       .annotations = {{kUrl, wanted.url}}},
                                             .name_space = {},
                                             .watches = true};
    return std::unique_ptr<Election>(
        new Election(io, service, *std::move(client), std::move(settings), wanted.fence));
}

Election::Election(asio::io_context& io, orchestrator::MediaService& service,
                   std::unique_ptr<kubernetes::Client> client,
                   kubernetes::LeaseKeeperSettings settings, std::shared_ptr<net::Fence> fence)
    : service_(service),
      client_(std::move(client)),
      fence_(std::move(fence)),
      ended_(io, asio::steady_timer::time_point::max()),
      keeper_(io, *client_, std::move(settings),
              {.acquired = [this] { on_acquired(); },
               .lost = [this](std::string const& why) { on_lost(why); },
               .changed = [this] { on_changed(); }}) {}

asio::awaitable<std::string> Election::wait_for_end() {
    while (!why_) {
        boost::system::error_code ignored;
        co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return *why_;
}

void Election::on_acquired() {
    log::write(log::Level::info, "leader.elected", "this replica leads from now on");
    if (auto const begun = service_.lead(); !begun) end(begun.error());
}

void Election::on_lost(std::string const& why) {
    end("this replica leads no more: " + why);
}

void Election::on_changed() {
    auto const now = std::chrono::steady_clock::now();
    auto const& claim = keeper_.claim();
    fence_->until = claim.valid_until().value_or(net::Fence::Clock::time_point::min());
    auto const& record = claim.seen();
    auto const known = record && (claim.holds(now) || !claim.holder(now).empty());
    if (!known) return service_.set_leader(std::nullopt);
    auto const url = record->annotations.find(kUrl);
    service_.set_leader(
        orchestrator::Leader{record->holder, url == record->annotations.end() ? "" : url->second});
}

void Election::end(std::string why) {
    why_ = std::move(why);
    ended_.cancel();
}
