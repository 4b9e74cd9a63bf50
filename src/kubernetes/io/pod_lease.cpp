#include "kubernetes/io/pod_lease.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/duration.hpp"
#include "config/process_environment.hpp"
#include "kubernetes/io/find_access.hpp"
#include "kubernetes/io/lease_keeper.hpp"

namespace tidegate::kubernetes {

namespace asio = boost::asio;

namespace {

// Of a DNS subdomain (RFC 1123), which names of objects are.
constexpr std::size_t kMaxName = 253;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

class PodLease final : public net::RemoteLease {
public:
    PodLease(asio::io_context& io, std::unique_ptr<Client> client, LeaseKeeperSettings settings,
             std::shared_ptr<net::Fence> fence)
        : client_(std::move(client)),
          fence_(std::move(fence)),
          keeper_(io, *client_, std::move(settings),
                  {.acquired = [this] { taken_.cancel(); },
                   .lost = [this](std::string const& why) { on_lost(why); },
                   .changed = [this] { on_changed(); },
                   .not_renewed = [this](bool is_first,
                                         std::string const& why) { on_not_renewed(is_first, why); },
                   .renewed_again =
                       [this] {
                           if (events_.renewed) events_.renewed();
                       }}),
          taken_(io, asio::steady_timer::time_point::max()) {}

    asio::awaitable<bool> take(Events events) override {
        events_ = std::move(events);
        keeper_.start();
        while (!stopped_ && !fence_->open()) {
            boost::system::error_code ignored;
            co_await taken_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return !stopped_;
    }
    void stop() override {
        stopped_ = true;
        taken_.cancel();
    }

    asio::awaitable<void> give_back() override {
        fence_->until = net::Fence::Clock::time_point::min();
        events_ = {};
        co_await keeper_.release();
    }

private:
    void on_changed() {
        auto const& until = keeper_.claim().valid_until();
        fence_->until = until.value_or(net::Fence::Clock::time_point::min());
        auto const& why = keeper_.reason();
        if (until || why.empty() || why == told_ || !events_.waiting) return;
        told_ = why;
        events_.waiting(why);
    }
    void on_lost(std::string const& why) {
        if (auto const lost = std::exchange(events_, {}).lost) lost(why);
    }

    void on_not_renewed(bool is_first, std::string const& why) {
        ++fence_->failed_renewals;
        if (!is_first || !events_.not_renewed) return;
        auto const left =
            std::chrono::ceil<std::chrono::seconds>(fence_->until - net::Fence::Clock::now());
        events_.not_renewed(why + "; it is ours for another " + base::format_duration(left));
    }

    std::unique_ptr<Client> const client_;
    std::shared_ptr<net::Fence> const fence_;
    Events events_;
    std::string told_;
    bool stopped_ = false;
    LeaseKeeper keeper_;
    asio::steady_timer taken_;  // used as a condition variable
};

}  // namespace

std::optional<LeaseName> parse_lease_name(std::string_view text) {
    if (!text.starts_with(kLeasePrefix)) return std::nullopt;
    text.remove_prefix(kLeasePrefix.size());
    LeaseName name;
    if (auto const slash = text.find('/'); slash != std::string_view::npos) {
        name.name_space = text.substr(0, slash);
        if (!is_name(name.name_space)) return std::nullopt;
        text.remove_prefix(slash + 1);
    }
    if (!is_name(text)) return std::nullopt;
    name.name = text;
    return name;
}

std::string pod_identity(std::string const& run_id) {
    auto const pod = config::variable("POD_NAME");
    auto const uid = config::variable("POD_UID");
    if (!pod.empty() && !uid.empty()) return holder_in_pod(pod, uid);
    return config::host_name() + "_" + run_id;
}

net::RemoteLeaseMaker pod_lease_maker(LeaseName name, std::string holder,
                                      std::chrono::seconds duration,
                                      std::shared_ptr<net::Fence> fence) {
    LeaseKeeperSettings settings{.claim = {.name = std::move(name.name),
                                           .holder = std::move(holder),
                                           .times = worker_claim(duration)},
                                 .name_space = std::move(name.name_space),
                                 .remove_at_end = true};
    using Made = std::expected<std::unique_ptr<net::RemoteLease>, std::string>;
    return [settings, fence = std::move(fence)](asio::io_context& io) -> Made {
        auto access = find_access({});
        if (!access) return std::unexpected(access.error());
        auto client = Client::make({.access = *std::move(access), .user_agent = "stream-worker"});
        if (!client) return std::unexpected(client.error());
        return std::make_unique<PodLease>(io, *std::move(client), settings, fence);
    };
}

}  // namespace tidegate::kubernetes
