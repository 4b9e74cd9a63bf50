// Random walks of forwarders: streams whose outputs come and go, operators who add, switch, change
// and remove destinations, forwarders that die or are refused, and a media-service that restarts.
// After each step no destination has two forwarders; when all has come to rest, each has the one it
// should have, or none. (How one forwarder lives is walked by model_test.cpp.)
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "orchestrator/core/desired_forwards.hpp"
#include "orchestrator/core/fleet.hpp"
#include "orchestrator/core/view.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::seconds;

constexpr int kWalks = 300;
constexpr int kSteps = 250;

class ForwardWorld {
public:
    explicit ForwardWorld(unsigned seed) : random_(seed) {
        policy_.final_refusals = true;
        policy_.max_starts = 1000;  // the limit of starts is model_test.cpp's subject
        start_service();
    }

    void step() {
        auto const stream = pick(kStreams);
        auto& wanted = destinations_[stream];
        auto const name = pick(kNames);
        auto const choice = random_() % 10;
        // An operator's hand lets a refused destination be tried again.
        if (choice >= 2 && choice <= 4) refused_.erase(forward_name(stream, name));
        switch (choice) {
            case 0:
                live_[stream] = "source" + std::to_string(++sources_);
                break;
            case 1:
                live_.erase(stream);
                break;
            case 2:
                wanted[name] = {"r" + std::to_string(++revisions_), true};
                refresh();
                break;
            case 3:
                if (wanted.contains(name)) wanted[name].enabled = !wanted[name].enabled;
                refresh();
                break;
            case 4:
                wanted.erase(name);
                refresh();
                break;
            case 5:
                end(forward_name(stream, name), {WorkerExit::Kind::signal, 9});
                break;
            case 6:
                end(forward_name(stream, name), {WorkerExit::Kind::code, kExitOutput});
                break;
            case 7:
                if (random_() % 4 == 0) start_service();
                break;
            default:
                pass(seconds{static_cast<int>(random_() % 8)});
        }
        list();
    }

    // Nothing more happens: lists come, and time passes.
    void settle() {
        for (int i = 0; i < 120; ++i) {
            list();
            pass(seconds{2});
        }
        for (auto const* const stream : kStreams) {
            for (auto const* const name : kNames) check(stream, name);
        }
    }

private:
    static constexpr char const* kStreams[] = {"a", "b"};
    static constexpr char const* kNames[] = {"x", "y"};
    struct Running {
        Generation generation;
        std::uint64_t handle;
        std::string revision;
        std::string run_id;
        bool adopted = false;
    };

    template <std::size_t N>
    std::string pick(char const* const (&from)[N]) {
        return from[random_() % N];
    }

    void start_service() {
        fleet_ = std::make_unique<Fleet>(policy_, random_());
        desired_ = std::make_unique<DesiredForwards>(
            policy_, [this](std::string const& id) { return destinations_[id]; });
        refused_.clear();  // it does not remember
        auto const found = running_;
        for (auto const& [name, one] : found) {
            desired_->add_adopted(name, "r");
            tell(name, event::Adopted{WorkerHandle{one.handle}, one.run_id,
                                      Params{{kRevision, one.revision}}, now_});
        }
    }

    void list() {
        std::vector<PathItem> items;
        for (auto const& [stream, source] : live_) {
            PathItem item;
            item.name = "live/" + stream + "/out";
            item.online = true;
            item.source_id = source;
            items.push_back(std::move(item));
        }
        for (auto const& [name, event] : desired_->update("r", items)) tell(name, event);
    }
    void refresh() {
        for (auto const& [name, event] : desired_->refresh()) tell(name, event);
    }

    void pass(seconds time) {
        auto const until = now_ + time;
        while (now_ < until) {
            now_ += seconds{1};
            for (auto const& [name, one] : std::map(running_)) {
                if (running_.contains(name)) tell(name, event::WorkerProgress{one.generation});
            }
            Effects effects;
            fleet_->advance(now_, effects);
            perform(effects);
        }
    }

    void tell(std::string const& name, Event const& event) {
        Effects effects;
        fleet_->handle(name, event, now_, effects);
        auto const* const state = fleet_->find(name);
        trace_ += name + " " + source_of(name) + std::string(orchestrator::name(event)) + " → " +
                  (state ? explain(*state, policy_) : "unknown") + "\n";
        if (trace_.size() > 4000) trace_.erase(0, trace_.size() - 3000);
        perform(effects);
    }

    void perform(Effects const& effects) {
        for (auto const& command : effects.commands) {
            auto const& name = command.stream_id;
            if (auto const* const spawn = std::get_if<action::Spawn>(&command.action)) {
                spawned(name, *spawn);
            } else if (auto const* const adopt = std::get_if<action::Adopt>(&command.action)) {
                running_.at(name).generation = adopt->generation;
                running_.at(name).adopted = true;
            } else {
                end(name, {WorkerExit::Kind::code, 0});
            }
        }
    }

    void spawned(std::string const& name, action::Spawn const& spawn) {
        ASSERT_FALSE(running_.contains(name)) << "a second forwarder for " << name;
        auto const refused = refused_.find(name);
        auto const& revision = spawn.params.at(kRevision);
        ASSERT_FALSE(refused != refused_.end() && refused->second == source_of(name) + revision)
            << "a refused key is tried again: " << name << "\n"
            << trace_;
        running_[name] = {spawn.generation, ++handles_, revision, spawn.run_id};
        tell(name, event::WorkerSpawned{spawn.generation, WorkerHandle{handles_}});
        if (running_.contains(name)) tell(name, event::WorkerReady{spawn.generation});
    }

    void end(std::string const& name, WorkerExit const& exit) {
        auto const found = running_.extract(name);
        if (found.empty()) return;
        // Only the parent of a process learns its exit code.
        if (found.mapped().adopted) {
            return tell(
                name, event::WorkerExited{found.mapped().generation, {WorkerExit::Kind::unknown}});
        }
        bool const is_live = live_.contains(parse_forward_name(name)->stream_id);
        if (is_refusal(exit) && is_live) refused_[name] = source_of(name) + found.mapped().revision;
        tell(name, event::WorkerExited{found.mapped().generation, exit});
    }

    std::string source_of(std::string const& name) {
        auto const stream = live_.find(parse_forward_name(name)->stream_id);
        return stream == live_.end() ? std::string("none ") : stream->second + " ";
    }

    void check(std::string const& stream, std::string const& destination) {
        auto const name = forward_name(stream, destination);
        auto const& wanted = destinations_[stream];
        auto const want = wanted.find(destination);
        bool const is_wanted =
            live_.contains(stream) && want != wanted.end() && want->second.enabled;
        auto const found = running_.find(name);
        if (!is_wanted) {
            EXPECT_EQ(found, running_.end()) << name << " is not wanted";
            return;
        }
        auto const* const state = fleet_->find(name);
        ASSERT_NE(state, nullptr) << name;
        if (state->kind() == StateKind::failed) return;  // refused, and told so
        ASSERT_NE(found, running_.end()) << name << ": " << explain(*state, policy_);
        EXPECT_EQ(found->second.revision, want->second.revision) << name;
    }

    std::mt19937 random_;
    Policy policy_;
    Time now_{std::chrono::hours{1}};
    std::unique_ptr<Fleet> fleet_;
    std::unique_ptr<DesiredForwards> desired_;
    std::map<std::string, WantedForwards> destinations_;
    std::map<std::string, std::string> live_;  // the source of each stream's output
    std::map<std::string, Running> running_;
    // By name: the source and the revision with which it was refused last.
    std::map<std::string, std::string> refused_;
    int sources_ = 0, revisions_ = 0;
    std::uint64_t handles_ = 0;
    std::string trace_;  // the last events
};

TEST(ForwardModel, EachDestinationHasOneForwarderOrNone) {
    for (unsigned seed = 1; seed <= kWalks; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        ForwardWorld world(seed);
        for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) world.step();
        if (!testing::Test::HasFailure()) world.settle();
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
