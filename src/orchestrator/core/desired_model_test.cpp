// Random walks of publishers over several routers, as DesiredStreams sees them: lists that are
// complete, late or missing, looks, hooks that come or do not, and a router that is taken away.
// What is told is checked after each step against what the routers have told, by rules of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "orchestrator/core/desired_streams.hpp"

namespace tidegate::orchestrator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned kRouters = 3;
constexpr unsigned kStreams = 4;
constexpr unsigned kModelWalks = 2000;
constexpr unsigned kModelSteps = 300;

class RoutersWorld {
public:
    explicit RoutersWorld(unsigned seed) : random_(seed), tells_time_(seed % 2 == 0) {
        policy_.hook_patience = seed % 3 == 0 ? milliseconds{250} : milliseconds{0};
        for (unsigned r = 0; r < kRouters; ++r) desired_.add_router(name(r));
    }

    void step() {
        now_ += milliseconds{any(400)};
        auto const stream = any(kStreams);
        auto const router = any(kRouters);
        switch (any(10)) {
            case 0:
            case 1:
                sessions_[router][stream] = {++sources_, now_};
                if (any(2) == 0) hook(stream, sources_);
                break;
            case 2:
                sessions_[router].erase(stream);
                break;
            case 3:
                take(desired_.list_failed(name(router)));
                break;
            case 4:
                look(router, stream);
                break;
            case 5:
                late_[router] = {items(router), now_};
                break;
            case 6:
                if (late_[router]) list(router, late_[router]->first, late_[router]->second);
                break;
            case 7:
                for (auto const& [id, where] : desired_.due_looks(now_)) {
                    look(static_cast<unsigned>(where.back() - '0'),
                         static_cast<unsigned>(id.back() - '0'));
                }
                break;
            default:
                list(router, items(router), now_);
        }
    }

    // All routers but one answer; what they have is what is desired in the end.
    void settle() {
        auto const silent = any(kRouters);
        auto const kept = told_;
        for (int i = 0; i < 4; ++i) {
            now_ += seconds{1};
            for (unsigned r = 0; r < kRouters; ++r) {
                if (r == silent) {
                    take(desired_.list_failed(name(r)));
                } else {
                    list(r, items(r), now_);
                }
            }
        }
        for (unsigned s = 0; s < kStreams; ++s) {
            auto const newest = newest_of(s, silent);
            auto const found = told_.find(s);
            bool const at_silent = found != told_.end() && found->second.router == name(silent);
            if (at_silent) {
                EXPECT_TRUE(kept.contains(s)) << "stream " << s << ": a silent router told of it";
            } else if (!newest) {
                EXPECT_EQ(found, told_.end()) << "stream " << s << " is nowhere";
            } else {
                ASSERT_NE(found, told_.end()) << "stream " << s << " is at " << name(*newest);
                auto const router = static_cast<unsigned>(found->second.router.back() - '0');
                // Without their times, the session counts that was seen last.
                if (tells_time_) EXPECT_EQ(router, *newest) << "stream " << s;
                ASSERT_TRUE(sessions_[router].contains(s)) << "stream " << s;
                EXPECT_EQ(found->second.source_id, std::to_string(sessions_[router][s].source));
            }
        }
        std::size_t doubled = 0;
        for (unsigned s = 0; s < kStreams; ++s) {
            doubled += desired_.also_on("s" + std::to_string(s)).empty() ? 0 : 1;
        }
        EXPECT_EQ(desired_.doubled(), doubled);
    }

private:
    struct Published {
        unsigned source = 0;
        Time since{};
    };
    static std::string name(unsigned router) { return "r" + std::to_string(router); }
    unsigned any(unsigned most) { return static_cast<unsigned>(random_() % most); }

    PathItem item(unsigned stream, Published const& session) const {
        PathItem made;
        made.name = "live/s" + std::to_string(stream) + "/in";
        made.online = true;
        made.source_id = std::to_string(session.source);
        if (tells_time_) {
            made.began = std::chrono::duration_cast<std::chrono::microseconds>(
                             session.since.time_since_epoch())
                             .count();
        }
        return made;
    }
    std::vector<PathItem> items(unsigned router) const {
        std::vector<PathItem> all;
        auto const found = sessions_.find(router);
        if (found == sessions_.end()) return all;
        for (auto const& [stream, session] : found->second) all.push_back(item(stream, session));
        return all;
    }
    void hook(unsigned stream, unsigned source) {
        desired_.remember_query("s" + std::to_string(stream), std::to_string(source), "");
    }

    void list(unsigned router, std::vector<PathItem> const& all, Time asked) {
        for (unsigned s = 0; s < kStreams; ++s) {
            auto& missing = missing_[{name(router), s}];
            auto const path = "live/s" + std::to_string(s) + "/in";
            bool const there = std::ranges::find(all, path, &PathItem::name) != all.end();
            // What is older than what is known of a path says nothing of it.
            auto& known = asked_[{name(router), s}];
            if (known <= asked) missing = there ? 0 : missing + 1;
            known = std::max(known, asked);
            if (there) known_[{name(router), s}] = true;
        }
        take(desired_.update(name(router), all, asked));
    }
    void look(unsigned router, unsigned stream) {
        auto const& there = sessions_[router];
        auto const found = there.find(stream);
        std::optional<PathItem> seen;
        if (found != there.end()) seen = item(stream, found->second);
        asked_[{name(router), stream}] = now_;
        if (seen) {
            missing_[{name(router), stream}] = 0;
            known_[{name(router), stream}] = true;
        }
        base::StreamPath const path{"s" + std::to_string(stream), base::Direction::in};
        take(desired_.look(name(router), path, seen ? &*seen : nullptr, now_));
    }

    void take(std::vector<StreamEvent> const& events) {
        for (auto const& [id, event] : events) {
            auto const stream = static_cast<unsigned>(id.back() - '0');
            if (auto const* const seen = std::get_if<event::Desired>(&event)) {
                bool const was_told = known_[{seen->session.router, stream}];
                EXPECT_TRUE(was_told) << id << " was never at " << seen->session.router;
                told_[stream] = seen->session;
            } else if (std::holds_alternative<event::NotDesired>(event)) {
                auto const found = told_.find(stream);
                ASSERT_NE(found, told_.end()) << id << " was not desired";
                auto const absent = missing_[{found->second.router, stream}];
                EXPECT_GE(absent, policy_.absent_lists)
                    << id << " is given up after " << absent << " lists without it";
                told_.erase(found);
            }
        }
    }

    std::optional<unsigned> newest_of(unsigned stream, unsigned but_not) const {
        std::optional<unsigned> newest;
        for (auto const& [router, streams] : sessions_) {
            auto const found = streams.find(stream);
            if (router == but_not || found == streams.end()) continue;
            if (!newest || found->second.source > sessions_.at(*newest).at(stream).source) {
                newest = router;
            }
        }
        return newest;
    }

    std::mt19937 random_;
    bool const tells_time_;
    Policy policy_;
    DesiredStreams desired_{policy_};
    Time now_{std::chrono::hours{1}};
    unsigned sources_ = 0;
    std::map<unsigned, std::map<unsigned, Published>> sessions_;  // by router and stream
    std::map<unsigned, std::optional<std::pair<std::vector<PathItem>, Time>>> late_;
    using Place = std::pair<std::string, unsigned>;
    std::map<Place, unsigned> missing_;  // lists in a row that did not show it
    std::map<Place, bool> known_;
    std::map<Place, Time> asked_;
    std::map<unsigned, Session> told_;  // what is desired now
};

TEST(RoutersModel, WalksKeepTheRulesAndComeToTheTruth) {
    for (unsigned seed = 1; seed <= kModelWalks; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RoutersWorld world(seed);
        for (unsigned i = 0; i < kModelSteps && !testing::Test::HasFailure(); ++i) world.step();
        if (!testing::Test::HasFailure()) world.settle();
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace tidegate::orchestrator
