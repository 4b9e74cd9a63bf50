// A day of a plane in fast motion: publishers that come, go and return, routers, workers and hooks
// that fail, and the real core of media-service (Fleet, DesiredStreams) that is restarted now and
// then. Time is simulated; everything follows from the seed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "orchestrator/core/desired_streams.hpp"
#include "orchestrator/core/fleet.hpp"

namespace tidegate::sim {

using namespace orchestrator;

struct Settings {
    std::uint64_t seed = 1;
    std::size_t channels = 125'000;  // that may publish
    std::size_t most_live = 100'000;
    unsigned routers = 50;
    unsigned nodes = 40;  // machines of workers
    std::chrono::hours length{24};
    std::chrono::seconds lists{15};
};

// What happened in one minute.
struct Minute {
    std::size_t live = 0, workers = 0, degraded_routers = 0;
    std::uint64_t arrivals = 0, departures = 0, flaps = 0, moves = 0, conflicts = 0;
    std::uint64_t starts = 0, crashes = 0, replaced = 0;
    std::size_t unserved = 0;  // live for ten seconds and longer, and without a worker
    bool service_down = false;
    std::vector<float> asked_ms{};  // from a publisher's coming until its worker was asked for
};

// What each kind of work costs the core, in nanoseconds of this machine.
struct Cost {
    std::uint64_t calls = 0, things = 0, ns = 0;
};

// Measures the time until its end.
class Timed {
public:
    Timed(Cost& cost, std::size_t things) : cost_(cost), began_(std::chrono::steady_clock::now()) {
        ++cost.calls;
        cost.things += things;
    }
    ~Timed() {
        cost_.ns += static_cast<std::uint64_t>((std::chrono::steady_clock::now() - began_).count());
    }
    Timed(Timed const&) = delete;
    Timed& operator=(Timed const&) = delete;

private:
    Cost& cost_;
    std::chrono::steady_clock::time_point began_;
};

struct Report {
    std::vector<Minute> minutes;
    std::array<Cost, 6> costs{};     // by Work
    std::uint64_t doubles = 0;       // a second worker of a stream was asked for while one lived
    std::uint64_t lost = 0;          // live for long, no worker, and the core did not say why
    std::uint64_t ghosts = 0;        // a worker that outlived its source by far
    std::uint64_t wrong_router = 0;  // a worker that stays at another router than its source
    std::uint64_t events = 0;
    std::uint64_t router_crashes = 0, partitions = 0, node_crashes = 0, service_crashes = 0;
    std::uint64_t lost_hooks = 0, worker_crashes = 0, failed_spawns = 0, adopted = 0;
    std::vector<std::string> examples{};  // of what must not be
    std::uint64_t digest = 0;             // of everything: two runs of a seed are the same
};
enum class Work { list, look, hook, worker, timer, restart };

class World {
public:
    explicit World(Settings settings);
    Report run();

private:
    struct Worker {
        bool alive = false, ready = false, confirmed = false;
        unsigned epoch = 0;  // of the service that started or adopted it
        Generation generation = 0;
        std::uint64_t handle = 0;
        std::string run_id;
        unsigned router = 0, node = 0;
        std::optional<Time> without_source{};
    };
    struct Stream {
        std::string id;
        bool live = false;
        unsigned router = 0;
        std::uint64_t session = 0;  // of its publisher
        Time since{}, gone{};       // of the session
        bool asked = false;         // a worker was asked for in this session
        Worker worker{};
        Time worker_gone{};
        std::optional<unsigned> stale_router{};  // still shows an older session
        std::uint64_t stale_session = 0;
    };
    struct Router {
        std::string name;
        bool up = true, reachable = true;
        std::unordered_map<std::string, std::size_t> index{};  // path -> its place in items
        std::vector<PathItem> items{};
        // media-service has read its list since the last time it could not be reached.
        bool listed = false;
    };
    enum class What {
        arrive_and_leave,
        leave,
        back,
        forget_stale,
        ready_hook,
        not_ready_hook,
        output_hook,
        look_input,
        look_output,
        list,
        list_answer,
        spawned,
        spawn_failed,
        worker_ready,
        worker_progress,
        worker_check,
        worker_dies,
        worker_exited,
        router_crash,
        router_back,
        partition,
        partition_ends,
        node_crash,
        service_crash,
        service_back,
        minute,
        audit
    };
    struct Happening {
        Time at;
        std::uint64_t order;
        What what;
        std::uint32_t index;    // of a stream or a router
        std::uint64_t value;    // a session, a worker's handle
        std::int32_t code = 0;  // of an exit
        bool operator>(Happening const& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    // publishers.cpp
    void arrive_and_leave();
    void publish(std::uint32_t index, unsigned router);
    void leave(std::uint32_t index, std::uint64_t session);
    void end_session(std::uint32_t index, bool returns);
    void set_path(unsigned router, std::string const& id, base::Direction direction,
                  std::uint64_t source);
    void drop_path(unsigned router, std::string const& id, base::Direction direction);
    std::size_t target() const;
    void router_crash(unsigned router);
    void partition(unsigned router);
    void node_crash(unsigned node);

    // service.cpp
    void start_service();
    void hook(What what, std::uint32_t index, std::uint64_t session);
    void look(std::uint32_t index, base::Direction direction);
    void answer_list(unsigned router);
    void tell(std::string const& id, Event const& event);
    void tell_all(std::vector<StreamEvent> const& events);
    void perform(Effects const& effects);
    void spawn(std::uint32_t index, action::Spawn const& ask);
    void end_worker(std::uint32_t index, std::uint64_t handle, int code, Duration in);
    void worker_exited(std::uint32_t index, std::uint64_t handle, int code);
    bool has_source(Stream const& stream) const;
    void worker_ready(std::uint32_t index, std::uint64_t handle);
    void progress(std::uint32_t index, std::uint64_t handle);
    void check(std::uint32_t index, std::uint64_t handle);
    void asked(Stream& stream);

    // world.cpp
    void happen(Happening const& one);
    void later(Duration in, What what, std::uint32_t index = 0, std::uint64_t value = 0,
               int code = 0);
    Duration between(std::chrono::milliseconds from, std::chrono::milliseconds to);
    bool chance(double share) { return unit_(random_) < share; }
    unsigned any(std::size_t most) { return static_cast<unsigned>(random_() % most); }
    std::uint32_t index_of(std::string const& id) const;
    void audit();
    void end_minute();
    void found(std::uint64_t& count, Stream const& stream, std::string const& what);

    Settings const settings_;
    std::mt19937_64 random_;
    std::uniform_real_distribution<double> unit_{0, 1};
    Policy policy_;
    Time now_{std::chrono::hours{1}};
    Time const begin_ = now_;
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> agenda_;
    std::uint64_t order_ = 0, sessions_ = 0, handles_ = 0;
    std::vector<Stream> streams_;
    std::vector<std::uint32_t> offline_, online_;
    std::vector<std::size_t> place_;  // of a stream in the one or the other
    std::vector<Router> routers_;
    std::unordered_map<std::string, unsigned> router_index_;
    std::unique_ptr<Fleet> fleet_;  // null: the service is down
    std::unique_ptr<DesiredStreams> desired_;
    unsigned epoch_ = 0;
    std::size_t workers_ = 0;
    Minute minute_;
    Report report_;
};

}  // namespace tidegate::sim
