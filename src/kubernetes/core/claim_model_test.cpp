// Three processes want one Lease, through a network that loses and delays requests and answers, on
// machines whose clocks run at different speeds, while processes sleep, die and are born again. No
// two may act at any time, and somebody acts soon after the trouble is over. The environment
// variable TIDEGATE_MODEL_WALKS asks for more walks.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "kubernetes/core/claim.hpp"

namespace tidegate::kubernetes {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = Claim::Time;

// Short, and with little room between the deadline and the next renewal: walks reach the edges.
constexpr ClaimTimes kModelTimes{seconds{30}, seconds{20}, seconds{5}, seconds{1}, seconds{2}};

constexpr std::size_t kClaimants = 3;
constexpr std::uint64_t kDefaultWalks = 20;
constexpr int kWalkSteps = 12'000;
constexpr milliseconds kStep{100};
constexpr seconds kLongestDelay{12};  // of a request or an answer
// A worker's Lease may have been renewed just before, and all who want it may have looked at it
// just before it ended.
constexpr seconds kQuiet{90};
// How much faster or slower a clock may run than that of another machine. Real ones: 0.01 %.
constexpr double kWorstClock = 0.05;
constexpr MicroTime kWallBegin{std::chrono::hours{24 * 365 * 50}};

struct Broken {
    ClaimTimes times = kModelTimes;
    bool server_ignores_versions = false;
    bool counts_from_the_answer = false;
    bool believes_its_first_look = false;  // takes a foreign Lease without waiting
    double worst_clock = kWorstClock;
};

// The API server's object and its rules.
class Server {
public:
    explicit Server(bool ignores_versions) : ignores_versions_(ignores_versions) {}

    Claim::Result carry_out(Claim::Ask ask, Lease lease) {
        if (ask == Claim::Ask::create) {
            if (lease_) return std::unexpected(Failure{409, "AlreadyExists", "there is one"});
            return store(std::move(lease));
        }
        if (!lease_) return std::unexpected(Failure{404, "NotFound", "there is none"});
        if (ask == Claim::Ask::read) return *lease_;
        if (!ignores_versions_ && lease.resource_version != lease_->resource_version) {
            return std::unexpected(Failure{409, "Conflict", "it has changed"});
        }
        return store(std::move(lease));
    }
    std::vector<Lease> const& history() const { return history_; }

private:
    Lease store(Lease lease) {
        lease.resource_version = std::to_string(++version_);
        lease_ = lease;
        history_.push_back(lease);
        return lease;
    }

    bool ignores_versions_;
    int version_ = 0;
    std::optional<Lease> lease_;
    std::vector<Lease> history_;
};

struct UnderWay {
    Claim::Ask ask;
    Lease lease;
    Time sent;                                // by the claimant's clock
    milliseconds until_server, until_answer;  // what is left
    bool loses_request, loses_answer;
    std::optional<Claim::Result> result = {};
    bool given_up = false;  // its sender waits no more, but the server may still get it
};

class World {
public:
    World(std::uint64_t seed, Broken const& broken)
        : random_(seed), broken_(broken), server_(broken.server_ignores_versions) {
        for (auto& one : claimants_) born(one);
    }

    // A sentence about the first violated rule; nullopt: there was none.
    std::optional<std::string> walk() {
        for (int i = 0; i < kWalkSteps && !failure_; ++i) step(true);
        for (auto& one : claimants_) one.asleep = one.cut_off = {};
        for (auto left = milliseconds{kQuiet}; left > kStep && !failure_; left -= kStep)
            step(false);
        if (!failure_ && acting() != 1) failure_ = "nobody acts although nothing is in the way";
        return failure_;
    }
    unsigned changes() const { return changes_; }

private:
    struct Claimant {
        std::optional<Claim> claim;
        std::deque<UnderWay> under_way;  // its sender waits for the last one only
        double speed = 1;
        milliseconds asleep{};
        milliseconds cut_off{};  // nothing reaches the server, and no watch comes
        bool knows = false;      // it acts because it was told so: what the program does
        std::uint64_t life = 0;
    };

    void born(Claimant& one) {
        ++one.life;
        auto const name = std::to_string(&one - claimants_.data()) + "-" + std::to_string(one.life);
        one.speed = 1 + broken_.worst_clock * (2 * share() - 1);
        one.knows = false;
        for (auto& request : one.under_way) request.given_up = true;
        one.claim.emplace(ClaimSettings{"demo", name, broken_.times, {}, {}}, clock(one),
                          random_());
    }
    Time clock(Claimant const& one) const {
        return Time{} + std::chrono::duration_cast<Time::duration>(now_ * one.speed);
    }
    double share() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    bool happens(double chance) { return share() < chance; }

    void step(bool trouble) {
        now_ += kStep;
        if (happens(0.005)) trouble_ = trouble ? share() : 0;
        if (!trouble) trouble_ = 0;
        for (auto& one : claimants_) {
            if (trouble && happens(0.0008)) born(one);
            if (trouble && happens(0.002))
                one.asleep = milliseconds{static_cast<int>(share() * 60'000)};
            if (trouble && happens(0.002))
                one.cut_off = milliseconds{static_cast<int>(share() * 60'000)};
            pass(one, trouble);
        }
        if (acting() > 1) failure_ = "two act at once at " + std::to_string(now_.count()) + " ms";
    }

    void pass(Claimant& one, bool trouble) {
        serve(one);
        one.asleep = std::max(one.asleep - kStep, milliseconds{});
        one.cut_off = std::max(one.cut_off - kStep, milliseconds{});
        if (one.asleep.count() > 0) return;
        auto& claim = *one.claim;
        // A watch shows something, perhaps old.
        if (one.cut_off.count() == 0 && !server_.history().empty() && happens(0.05)) {
            auto const& history = server_.history();
            auto const back = !trouble || happens(0.99)
                                  ? 1
                                  : 1 + random_() % std::min<std::size_t>(history.size(), 5);
            take(one, claim.on_seen(history[history.size() - back], clock(one)));
        }
        hear(one);
        take(one, claim.on_time(clock(one)));
        ask(one);
    }

    // Requests arrive at the server whether or not their sender sleeps.
    void serve(Claimant& one) {
        for (auto& request : one.under_way) {
            request.until_server -= kStep;
            if (request.until_server.count() > 0 || request.result || request.loses_request)
                continue;
            request.result = server_.carry_out(request.ask, request.lease);
        }
        std::erase_if(one.under_way, [](UnderWay const& request) {
            return request.given_up && (request.result || request.loses_request);
        });
    }

    void hear(Claimant& one) {
        if (!waits(one)) return;
        auto& request = one.under_way.back();
        request.until_answer -= kStep;
        auto const now = clock(one);
        bool const given_up = now - request.sent >= broken_.times.deadline / 4;
        if (request.until_answer.count() > 0 && !given_up) return;
        Claim::Result result = std::unexpected(Failure{0, "", "no answer"});
        if (request.result && !request.loses_answer && !given_up) result = *request.result;
        request.given_up = true;
        auto const done = request;
        if (done.ask == Claim::Ask::read) return take(one, one.claim->on_read(result, now));
        auto const sent = broken_.counts_from_the_answer ? now : done.sent;
        take(one, one.claim->on_written(result, sent, now));
    }

    static bool waits(Claimant const& one) {
        return !one.under_way.empty() && !one.under_way.back().given_up;
    }

    void ask(Claimant& one) {
        if (waits(one)) return;
        auto next = one.claim->next();
        auto const impatient = broken_.believes_its_first_look && one.claim->seen();
        if (impatient) next = {Claim::Ask::update, next.at};
        if (next.at > clock(one)) return;
        auto const delay = [&] {
            auto const most = static_cast<double>(milliseconds{kLongestDelay}.count());
            return milliseconds{static_cast<int>(5 + share() * trouble_ * most)};
        };
        auto const there = delay();
        UnderWay request{next.ask,
                         one.claim->wanted(kWallBegin + now_),
                         clock(one),
                         there,
                         there + delay(),
                         one.cut_off.count() > 0 || happens(trouble_ * 0.4),
                         happens(trouble_ * 0.4)};
        one.under_way.push_back(std::move(request));
    }

    void take(Claimant& one, Claim::Change change) {
        if (change == Claim::Change::none) return;
        one.knows = change == Claim::Change::acquired;
        if (one.knows) ++changes_;
    }

    // Those that would act now, if they woke up and looked at the time first.
    unsigned acting() {
        return static_cast<unsigned>(std::ranges::count_if(claimants_, [&](Claimant const& one) {
            return one.knows && one.claim->holds(clock(one));
        }));
    }

    std::mt19937_64 random_;
    Broken const broken_;
    Server server_;
    std::array<Claimant, kClaimants> claimants_;
    milliseconds now_{seconds{100}};
    double trouble_ = 0;
    unsigned changes_ = 0;
    std::optional<std::string> failure_;
};

std::uint64_t walks() {
    auto const* const text = std::getenv("TIDEGATE_MODEL_WALKS");
    return text != nullptr ? std::strtoull(text, nullptr, 10) : kDefaultWalks;
}

std::optional<std::string> first_failure(Broken const& broken, unsigned* changes = nullptr) {
    for (std::uint64_t seed = 0; seed < walks(); ++seed) {
        World world(seed, broken);
        if (auto const failure = world.walk())
            return "walk " + std::to_string(seed) + ": " + *failure;
        if (changes != nullptr) *changes += world.changes();
    }
    return std::nullopt;
}

TEST(ClaimModel, NoTwoActAtOnceAndSomebodyActsInTheEnd) {
    for (auto const& times : {kModelTimes, worker_claim(kShortestWorkerLease),
                              worker_claim(seconds{30}), kLeaderClaim}) {
        unsigned changes = 0;
        EXPECT_EQ(first_failure({.times = times}, &changes), std::nullopt);
        EXPECT_GT(changes, walks()) << "the Lease has to change hands, or nothing was tested";
    }
}

TEST(ClaimModel, TheChecksFindBrokenRules) {
    auto late = kModelTimes;
    late.deadline = std::chrono::seconds{35};
    EXPECT_TRUE(first_failure({.times = late})) << "acts for longer than others wait";
    EXPECT_TRUE(first_failure({.server_ignores_versions = true}));
    // With less room between the two times, so that the wrong beginning matters.
    auto tight = kModelTimes;
    tight.deadline = std::chrono::seconds{29};
    EXPECT_FALSE(first_failure({.times = tight, .worst_clock = 0}));
    EXPECT_TRUE(first_failure({.times = tight, .counts_from_the_answer = true, .worst_clock = 0}));
    EXPECT_TRUE(first_failure({.believes_its_first_look = true}));
}

}  // namespace
}  // namespace tidegate::kubernetes
