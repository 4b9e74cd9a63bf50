#include "orchestrator/io/kubernetes/pod_backend.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <deque>
#include <utility>
#include <variant>

#include "base/random.hpp"
#include "base/read_file.hpp"
#include "config/yaml/yaml.hpp"
#include "http/client.hpp"
#include "kubernetes/core/claim.hpp"
#include "kubernetes/core/list_watch.hpp"
#include "kubernetes/io/informer.hpp"
#include "kubernetes/io/leases.hpp"
#include "log/log.hpp"
#include "net/task_group.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;
namespace json = boost::json;
using kubernetes::Answer;

namespace {

// A manifest has some kilobytes.
constexpr std::size_t kMaxTemplate = 256 * 1024;

// A worker answers from its memory. One that does not is asked again later.
constexpr std::chrono::milliseconds kStatusDeadline{2'000};
constexpr std::size_t kMaxStatus = 64 * 1024;
// Of a Lease whose holder has ended; longer than the server needs.
constexpr std::chrono::milliseconds kLeaseDeadline{5'000};

std::string pods_path(std::string const& name_space) {
    return "/api/v1/namespaces/" + name_space + "/pods";
}

kubernetes::Request to_request(pod_request::Create const& create, std::string const& pods) {
    return {.method = "POST", .target = pods, .body = create.object};
}

kubernetes::Request to_request(pod_request::Read const& read, std::string const& pods) {
    return {.target = pods + "/" + read.pod};
}

kubernetes::Request to_request(pod_request::Delete const& remove, std::string const& pods) {
    return {.method = "DELETE",
            .target = pods + "/" + remove.pod,
            .body = json::object{{"apiVersion", "v1"},
                                 {"kind", "DeleteOptions"},
                                 {"gracePeriodSeconds", remove.grace.count()},
                                 {"preconditions", {{"uid", remove.uid}}}}};
}

std::string status_url(std::string const& ip) {
    auto const host = ip.find(':') == std::string::npos ? ip : "[" + ip + "]";
    return "http://" + host + ":" + std::to_string(kHealthPort) + "/status";
}

}  // namespace

std::expected<PodBackendSettings, std::string> pod_backend_settings(
    WorkerCommand const& command, std::string const& template_file,
    kubernetes::ClientSettings client) {
    auto const text = base::read_file(template_file, kMaxTemplate);
    if (!text) return std::unexpected(text.error());
    auto tree = config::parse_yaml(*text);
    if (!tree) return std::unexpected(template_file + ": " + tree.error());
    auto pod = read_pod_template(*std::move(tree));
    if (!pod) return std::unexpected(template_file + ": " + pod.error());
    PodBackendSettings settings{.client = std::move(client), .keeper = {}, .fence = {}};
    settings.keeper.base.pod = *std::move(pod);
    settings.keeper.base.name_space = settings.client.access.name_space;
    // A Pod's name keeps others away; there is no file to lock.
    settings.keeper.argv = [command](std::string const& name, action::Spawn const& spawn) {
        return worker_arguments(command, name, "", spawn);
    };
    settings.keeper.router_of = [routers = command.routers](std::vector<std::string> const& argv) {
        return routers.router_of(argv);
    };
    return settings;
}

class PodBackend::Watching : public std::enable_shared_from_this<Watching> {
public:
    Watching(asio::io_context& io, PodBackendSettings const& settings,
             std::unique_ptr<kubernetes::Client> client, WorkerListener& listener)
        : io_(io),
          client_(std::move(client)),
          fence_(settings.fence),
          listener_(&listener),
          keeper_(settings.keeper, base::random_bits()),
          leases_(*client_, settings.keeper.base.name_space, kLeaseDeadline),
          pods_(pods_path(settings.keeper.base.name_space)),
          watch_(
              {.path = pods_, .selector = std::string(kRoleLabel) + "=" + std::string(kWorkerRole)},
              sink_),
          timer_(io),
          tasks_(io, log::task_failed) {}

    void begin() { tasks_.spawn("watch of Pods", inform(shared_from_this())); }
    void end() {
        listener_ = nullptr;
        timer_.cancel();
        tasks_.stop();
    }
    // Lets the keeper do something, and carries out what comes of it.
    template <class Do>
    void with_keeper(Do&& what) {
        now();
        what(keeper_);
        flush();
    }
    PodKeeper const& keeper() const { return keeper_; }

private:
    // What list and watch say, with the time.
    struct Sink final : kubernetes::ObjectSink {
        explicit Sink(Watching& owner) : owner(owner) {}
        void list_began() override {
            owner.with_keeper([](auto& k) { k.list_began(); });
        }
        void listed(json::value const& pod) override {
            owner.with_keeper([&](auto& k) { k.listed(pod); });
        }
        void list_ended(std::string const& version) override {
            owner.with_keeper([&](auto& k) { k.list_ended(version); });
        }
        void changed(json::value const& pod) override {
            owner.with_keeper([&](auto& k) { k.changed(pod); });
        }
        void removed(json::value const& pod) override {
            owner.with_keeper([&](auto& k) { k.removed(pod); });
        }
        Watching& owner;
    };

    // A task holds what it works on.
    static asio::awaitable<void> inform(std::shared_ptr<Watching> self) {
        co_await kubernetes::inform(*self->client_, self->watch_, "the workers' Pods");
    }
    static asio::awaitable<void> ask(std::shared_ptr<Watching> self, std::uint64_t number,
                                     kubernetes::Request request) {
        auto const answer = co_await self->client_->send(std::move(request));
        self->with_keeper([&](PodKeeper& keeper) { keeper.answered(number, answer); });
    }
    // What is not removed expires by itself.
    static asio::awaitable<void> release(std::shared_ptr<Watching> self,
                                         pod_request::Release what) {
        auto const holder = kubernetes::holder_in_pod(what.pod, what.uid);
        auto lease = co_await self->leases_.get(what.pod);
        if (lease && lease->holder == holder) co_await self->leases_.remove(*std::move(lease));
    }
    static asio::awaitable<void> ask_worker(std::shared_ptr<Watching> self, std::uint64_t number,
                                            std::string url) {
        auto const answer = co_await self->workers_.send(
            {.url = std::move(url), .deadline = kStatusDeadline, .max_body_bytes = kMaxStatus});
        boost::system::error_code error;
        json::value report;
        bool const has_answered = answer && answer->status == 200;
        if (has_answered) report = json::parse(answer->body, error);
        bool const is_report = has_answered && !error;
        self->with_keeper([&](PodKeeper& keeper) {
            keeper.status_answered(number, is_report ? &report : nullptr);
        });
    }

    void now() {
        keeper_.advance(Clock::now(),
                        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    }
    void flush();
    void carry_out(PodRequest request);
    void deliver();
    void arm();

    asio::io_context& io_;
    std::unique_ptr<kubernetes::Client> client_;
    std::shared_ptr<net::Fence const> const fence_;
    http::Client workers_;
    WorkerListener* listener_;  // null: closed
    PodKeeper keeper_;
    kubernetes::Leases leases_;
    Sink sink_{*this};
    std::string const pods_;
    kubernetes::ListWatch watch_;
    asio::steady_timer timer_;
    std::optional<Time> armed_for_;
    // Reports that were not delivered yet: they never come from inside a call. A name without an
    // event is on_listed().
    std::deque<std::pair<std::string, std::optional<Event>>> reports_;
    bool delivering_ = false;
    net::TaskGroup tasks_;  // ends before what the tasks use
};

void PodBackend::Watching::flush() {
    if (listener_ == nullptr) return;
    auto effects = keeper_.take();
    for (auto& request : effects.requests) carry_out(std::move(request));
    for (auto& [name, event] : effects.reports) {
        reports_.emplace_back(std::move(name), std::move(event));
    }
    if (effects.listed) reports_.emplace_back(std::string(), std::nullopt);
    if (!reports_.empty() && !std::exchange(delivering_, true)) {
        asio::post(io_, [self = shared_from_this()] { self->deliver(); });
    }
    arm();
}

void PodBackend::Watching::deliver() {
    delivering_ = false;
    auto const reports = std::exchange(reports_, {});
    for (auto const& [name, event] : reports) {
        if (listener_ == nullptr) return;
        event ? listener_->on_worker_event(name, *event) : listener_->on_listed();
    }
}

// A process that was stopped for a while may be woken by anything, before it knows that it does not
// lead any more. What it does not ask is not answered either; it ends.
void PodBackend::Watching::carry_out(PodRequest request) {
    auto const number = request.number;
    if (fence_ && !fence_->open()) return;
    if (auto const* const status = std::get_if<pod_request::Status>(&request.what)) {
        return tasks_.spawn("status of a worker",
                            ask_worker(shared_from_this(), number, status_url(status->ip)));
    }
    if (auto const* const ended = std::get_if<pod_request::Release>(&request.what)) {
        return tasks_.spawn("Lease of a worker", release(shared_from_this(), *ended));
    }
    auto message = std::visit(
        [this](auto const& what) -> kubernetes::Request {
            if constexpr (requires { to_request(what, pods_); }) return to_request(what, pods_);
            std::unreachable();
        },
        request.what);
    tasks_.spawn("request for a Pod", ask(shared_from_this(), number, std::move(message)));
}

void PodBackend::Watching::arm() {
    auto const next = keeper_.next_deadline();
    if (next == armed_for_) return;
    armed_for_ = next;
    timer_.cancel();
    if (!next) return;
    timer_.expires_at(*next);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        if (cancelled || self->listener_ == nullptr) return;
        self->armed_for_.reset();
        self->with_keeper([](PodKeeper&) {});
    });
}

PodBackend::PodBackend(asio::io_context& io, PodBackendSettings settings)
    : io_(io), settings_(std::move(settings)) {}

PodBackend::~PodBackend() {
    close();
}

std::expected<void, std::string> PodBackend::open(WorkerListener& listener) {
    auto client = kubernetes::Client::make(settings_.client);
    if (!client) return std::unexpected(client.error());
    watching_ = std::make_shared<Watching>(io_, settings_, *std::move(client), listener);
    watching_->begin();
    return {};
}

void PodBackend::close() {
    if (watching_ == nullptr) return;
    watching_->end();
    watching_.reset();
}

void PodBackend::start(std::string const& name, action::Spawn const& spawn) {
    watching_->with_keeper([&](PodKeeper& keeper) { keeper.start(name, spawn); });
}

void PodBackend::adopt(std::string const& name, action::Adopt const& adopt) {
    watching_->with_keeper([&](PodKeeper& keeper) { keeper.adopt(name, adopt); });
}

void PodBackend::stop(std::string const& name, WorkerHandle handle) {
    watching_->with_keeper([&](PodKeeper& keeper) { keeper.stop(name, handle); });
}

void PodBackend::kill(std::string const& name, WorkerHandle handle) {
    watching_->with_keeper([&](PodKeeper& keeper) { keeper.kill(name, handle); });
}

void PodBackend::stop_all() {
    watching_->with_keeper([](PodKeeper& keeper) { keeper.stop_all(); });
}

void PodBackend::kill_all() {
    watching_->with_keeper([](PodKeeper& keeper) { keeper.kill_all(); });
}

std::size_t PodBackend::running() const {
    return watching_ == nullptr ? 0 : watching_->keeper().running();
}

std::optional<WorkerPlace> PodBackend::place_of(WorkerHandle handle) const {
    return watching_ == nullptr ? std::nullopt : watching_->keeper().place_of(handle);
}

}  // namespace tidegate::orchestrator
