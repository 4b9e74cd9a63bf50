// The replicas of media-service in the simulated cluster, and their way to the API server.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

#include "base/crypto/label_name.hpp"
#include "base/stream_id.hpp"
#include "orchestrator/core/cluster_world_test.hpp"

namespace tidegate::orchestrator::cluster {

namespace {

namespace json = boost::json;
using kubernetes::Claim;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kRestartsAfter{2};    // a replica that has ended
constexpr seconds kClientDeadline{10};  // of a leader's requests
constexpr seconds kSlowest{20};         // of requests while the server is slow
constexpr unsigned kLossPercent = 30;   // of answers while it is lossy
constexpr seconds kForcedAfter{20};     // by a broken backend
constexpr char kLeaderLease[] = "media-service";
constexpr char kOneRouter[] = "router";

PodKeeperSettings keeper_settings() {
    PodKeeperSettings settings;
    settings.base.pod = json::parse(
        R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"worker","image":"w"}]}})");
    settings.base.name_space = "media";
    settings.argv = [](std::string const& name, action::Spawn const&) {
        return std::vector<std::string>{"stream-worker", "--stream-id", name};
    };
    settings.router_of = [](auto const&) { return std::string(kOneRouter); };
    return settings;
}

}  // namespace

World::Service::Service(Setup const& setup, std::uint64_t seed)
    : fleet(setup.policy, seed), desired(setup.policy), keeper(keeper_settings(), seed) {
    desired.add_router(kOneRouter);
}

World::Replica* World::leader() {
    auto const found =
        std::ranges::find_if(replicas_, [](Replica const& one) { return one.service != nullptr; });
    return found == replicas_.end() ? nullptr : &*found;
}

bool World::may_act(Replica const& replica) const {
    return setup_.leads_too_long || replica.lease.claim->holds(now_);
}

void World::pass(unsigned index) {
    auto& replica = replicas_[index];
    if (!replica.alive) {
        if (now_ < replica.starts_at) return;
        replica.alive = true;
        ++replica.life;
        replica.lease.asked.reset();
        replica.lease.claim.emplace(
            kubernetes::ClaimSettings{
                .name = kLeaderLease,
                .holder = std::to_string(index) + "-" + std::to_string(replica.life),
                .times = kubernetes::kLeaderClaim},
            now_, random_());
    }
    if (now_ < replica.asleep_until) return;
    auto const change = look_after(replica.lease, now_ >= replica.api_cut_until);
    if (change == Claim::Change::lost && !setup_.leads_too_long) {
        return end_replica(replica, false);
    }
    if (change == Claim::Change::acquired && !replica.service) begin_to_lead(replica);
    if (replica.service && may_act(replica)) pump(index);
}

void World::begin_to_lead(Replica& replica) {
    ++counts_.leaders;
    replica.service = std::make_unique<Service>(setup_, random_());
    replica.service->list_at = now_;
    replica.leads_since = now_;
    for (auto& stream : streams_) {
        stream.held.reset();
        stream.silent_since.reset();
    }
}

void World::end_replica(Replica& replica, bool hands_over) {
    replica.alive = false;
    replica.service.reset();
    replica.starts_at = now_ + kRestartsAfter;
    trouble(seconds{12});
    if (!hands_over || now_ < replica.api_cut_until || is_down()) return;
    if (auto lease = replica.lease.claim->release(wall())) {
        (void)server_.lease(Claim::Ask::update, *std::move(lease));
    }
}

void World::pump(unsigned index) {
    auto& replica = replicas_[index];
    auto& service = *replica.service;
    service.keeper.advance(now_, {});
    if (now_ >= replica.api_cut_until && !is_down()) watch(replica);
    Effects effects;
    service.fleet.advance(now_, effects);
    perform(service, effects);
    if (service.listed && now_ >= service.next_look) look_at_router(replica);
    drain(index);
    if (setup_.replaces_unreachable) force_what_does_not_end(service);
}

// --- what it sees of Pods ---

void World::watch(Replica& replica) {
    auto& service = *replica.service;
    if (service.has_list) return take_events(replica);
    if (now_ < service.list_at) return;
    auto const list = server_.list();
    service.keeper.list_began();
    for (auto const& pod : list.pods) service.keeper.listed(pod);
    service.keeper.list_ended(std::to_string(list.version));
    service.has_list = true;
    service.seen = server_.history().size();
}

void World::take_events(Replica& replica) {
    auto& service = *replica.service;
    auto const& history = server_.history();
    std::vector<SimApiServer::Happened> news(
        history.begin() + static_cast<std::ptrdiff_t>(service.seen), history.end());
    service.seen = history.size();
    if (service.mixes && news.size() > 1) {
        std::ranges::reverse(news);
        service.mixes = false;
        service.has_list = false;
        service.list_at = now_ + seconds{1};
    }
    for (auto const& one : news) {
        if (one.kind == SimApiServer::Happened::Kind::removed) {
            service.keeper.removed(one.pod);
        } else {
            service.keeper.changed(one.pod);
        }
    }
}

// --- what it sees of the router ---

std::vector<PathItem> World::picture() const {
    std::vector<PathItem> items;
    for (unsigned i = 0; i < kStreams; ++i) {
        auto const& stream = streams_[i];
        if (stream.source) {
            items.push_back(
                {.name = base::stream_path(stream.id, base::Direction::in),
                 .online = true,
                 .source_id = *stream.source,
                 .source_type = "rtmpConn",
                 .query = "",
                 .inbound_bytes = static_cast<std::uint64_t>(now_.time_since_epoch().count())});
        }
        auto const out = std::ranges::any_of(workers_, [&](Worker const& worker) {
            return worker.stream == i && publishes(worker);
        });
        items.push_back({.name = base::stream_path(stream.id, base::Direction::out),
                         .online = out,
                         .source_id = "w",
                         .source_type = "rtmpConn",
                         .query = {}});
    }
    return items;
}

void World::look_at_router(Replica& replica) {
    auto& service = *replica.service;
    service.next_look = now_ + setup_.policy.resync_interval;
    auto const events = now_ < replica.router_cut_until
                            ? service.desired.list_failed(kOneRouter)
                            : service.desired.update(kOneRouter, picture(), now_);
    for (auto const& [id, event] : events) {
        auto& held = streams_[static_cast<unsigned>(id.back() - '0')].held;
        auto const* const seen = std::get_if<event::Desired>(&event);
        if (held && held->empty() && seen) held = seen->session.source_id;
        bool const is_gone = std::holds_alternative<event::NotDesired>(event);
        if (!is_gone || !setup_.keeps_gone) tell(service, id, event);
    }
}

// --- what it decides and does ---

void World::tell(Service& service, std::string const& name, Event const& event) {
    service.desired.note(name, event);  // as the control plane does
    Effects effects;
    service.fleet.handle(name, event, now_, effects);
    perform(service, effects);
}

void World::perform(Service& service, Effects const& effects) {
    for (auto const& [name, action] : effects.commands) {
        auto& keeper = service.keeper;
        if (auto const* ask = std::get_if<action::Spawn>(&action)) keeper.start(name, *ask);
        if (auto const* ask = std::get_if<action::Adopt>(&action)) keeper.adopt(name, *ask);
        if (auto const* ask = std::get_if<action::Stop>(&action)) keeper.stop(name, ask->handle);
        if (auto const* ask = std::get_if<action::Kill>(&action)) keeper.kill(name, ask->handle);
    }
}

void World::drain(unsigned index) {
    auto& replica = replicas_[index];
    while (true) {
        auto effects = replica.service->keeper.take();
        if (effects.requests.empty() && effects.reports.empty() && !effects.listed) return;
        for (auto& request : effects.requests) send(index, std::move(request));
        for (auto const& [name, event] : effects.reports) report(replica, name, event);
        if (effects.listed) replica.service->listed = true;
    }
}

void World::report(Replica& replica, std::string const& name, Event const& event) {
    auto& service = *replica.service;
    if (std::holds_alternative<event::Adopted>(event)) {
        if (!setup_.adopts) return;
        service.desired.add_adopted(name, kOneRouter);
    }
    if (setup_.releases_early && std::holds_alternative<event::WorkerExited>(event)) {
        server_.remove_lease(base::label_name("worker-", name), {});
    }
    tell(service, name, event);
}

// A backend that takes a Pod for gone whose node does not confirm it.
void World::force_what_does_not_end(Service& service) {
    if (is_down()) return;
    std::vector<std::pair<std::string, std::string>> overdue;
    for (auto const& [name, pod] : server_.pods()) {
        if (!pod.grace) continue;
        auto const since = service.ends.try_emplace(pod.uid, now_).first->second;
        if (now_ - since >= kForcedAfter) overdue.emplace_back(name, pod.uid);
    }
    for (auto const& [name, uid] : overdue) (void)server_.remove(name, uid, 0);
}

// --- its requests ---

void World::send(unsigned index, PodRequest request) {
    auto const& replica = replicas_[index];
    if (!replica.lease.claim->holds(now_)) fail("a replica acts that does not lead");
    auto const* const remove = std::get_if<pod_request::Delete>(&request.what);
    if (remove != nullptr && remove->grace.count() == 0) fail("a Pod is deleted by force");
    auto const delay = [&] {
        auto const most = now_ < slow_until_ ? milliseconds{kSlowest}.count() : 400;
        return milliseconds{static_cast<std::int64_t>(random_() % static_cast<unsigned>(most))};
    };
    bool const is_status = std::holds_alternative<pod_request::Status>(request.what);
    bool const is_cut = now_ < replica.api_cut_until && !is_status;
    auto const at_server = now_ + delay();
    flights_.push_back({.replica = index,
                        .life = replica.life,
                        .request = std::move(request),
                        .sent = now_,
                        .at_server = at_server,
                        .at_client = at_server + delay(),
                        .lost = is_cut,
                        .answer_lost = now_ < lossy_until_ && happens(kLossPercent),
                        .answer = {}});
}

SimApiServer::Answer World::carry_out(Flight& flight) {
    auto const& what = flight.request.what;
    if (auto const* ask = std::get_if<pod_request::Create>(&what)) {
        return server_.create(ask->object, now_);
    }
    if (auto const* ask = std::get_if<pod_request::Read>(&what)) return server_.read(ask->pod);
    if (auto const* ask = std::get_if<pod_request::Delete>(&what)) {
        return server_.remove(ask->pod, ask->uid, static_cast<int>(ask->grace.count()));
    }
    if (auto const* ask = std::get_if<pod_request::Release>(&what)) {
        auto const* const worker = worker_of(ask->uid);
        if (worker != nullptr && worker->alive()) fail("the Lease of a living worker is removed");
        server_.remove_lease(ask->pod, kubernetes::holder_in_pod(ask->pod, ask->uid));
        return json::value();
    }
    auto const& uid = std::get<pod_request::Status>(what).ip;
    auto* const worker = worker_of(uid);
    if (worker == nullptr || !worker->alive() || now_ < worker->asleep_until) {
        return std::unexpected(kubernetes::Failure{.message = "no route"});
    }
    return json::object{
        {"runId", worker->run_id}, {"status", "at work"}, {"hanging", worker->hung}};
}

void World::fly(Flight& flight) {
    if (!flight.carried_out && !flight.lost && now_ >= flight.at_server) {
        bool const is_status = std::holds_alternative<pod_request::Status>(flight.request.what);
        if (is_down() && !is_status) {
            flight.lost = true;
        } else {
            flight.answer = carry_out(flight);
            flight.carried_out = true;
        }
    }
    if (flight.answered) return;
    auto& replica = replicas_[flight.replica];
    if (replica.life != flight.life || !replica.service) {
        flight.answered = true;
        return;
    }
    bool const in_time = flight.carried_out && !flight.answer_lost && now_ >= flight.at_client &&
                         now_ >= replica.api_cut_until;
    bool const given_up = now_ - flight.sent >= kClientDeadline;
    if ((!in_time && !given_up) || now_ < replica.asleep_until || !may_act(replica)) return;
    flight.answered = true;
    auto& keeper = replica.service->keeper;
    keeper.advance(now_, {});
    SimApiServer::Answer const answer =
        in_time ? *flight.answer
                : std::unexpected(kubernetes::Failure{.message = "no answer in time"});
    if (std::holds_alternative<pod_request::Release>(flight.request.what)) return;
    if (std::holds_alternative<pod_request::Status>(flight.request.what)) {
        keeper.status_answered(flight.request.number, answer ? &*answer : nullptr);
    } else {
        keeper.answered(flight.request.number, answer);
    }
}

}  // namespace tidegate::orchestrator::cluster
