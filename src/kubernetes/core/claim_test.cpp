#include "kubernetes/core/claim.hpp"

#include <gtest/gtest.h>

namespace tidegate::kubernetes {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = Claim::Time;
using Ask = Claim::Ask;
using Change = Claim::Change;

constexpr Time kNow{hours{1}};
constexpr ClaimTimes kTimes{seconds{30}, seconds{20}, seconds{5}, seconds{1}, seconds{2}};
constexpr MicroTime kWall{std::chrono::microseconds{1'700'000'000'000'000}};
Failure const kNotFound{404, "NotFound", "not found"};
Failure const kConflict{409, "Conflict", "modified"};
Failure const kNoAnswer{0, "", "connection refused"};
Failure const kForbidden{403, "Forbidden", "not allowed"};

Claim worker(std::string holder = "me") {
    return {{"demo", std::move(holder), kTimes, {}, {}}, kNow, 1};
}

Lease held_by(std::string holder, int version, MicroTime renewed = kWall) {
    Lease lease;
    lease.name = "demo";
    lease.holder = std::move(holder);
    lease.resource_version = std::to_string(version);
    lease.duration = seconds{30};
    lease.acquired = kWall;
    lease.renewed = renewed;
    lease.transitions = 4;
    return lease;
}

// Has it read that nobody holds the Lease, and create it.
Claim acquired() {
    auto claim = worker();
    claim.on_read(std::unexpected(kNotFound), kNow);
    EXPECT_EQ(claim.on_written(held_by("me", 1), kNow, kNow + seconds{1}), Change::acquired);
    return claim;
}

TEST(Claim, ReadsAndCreatesWhatIsNotThere) {
    auto claim = worker();
    EXPECT_EQ(claim.next().ask, Ask::read);
    EXPECT_EQ(claim.on_read(std::unexpected(kNotFound), kNow), Change::none);
    EXPECT_EQ(claim.next().ask, Ask::create);
    EXPECT_EQ(claim.next().at, kNow);
    auto const lease = claim.wanted(kWall);
    EXPECT_EQ(lease.name, "demo");
    EXPECT_EQ(lease.holder, "me");
    EXPECT_EQ(lease.duration, kTimes.duration);
    EXPECT_EQ(lease.acquired, kWall);
    EXPECT_EQ(lease.transitions, 0);
    EXPECT_FALSE(claim.holds(kNow)) << "not before the server says so";
}

TEST(Claim, HoldsFromWhenItAsked) {
    auto const claim = acquired();
    EXPECT_EQ(claim.valid_until(), kNow + kTimes.deadline) << "not from the answer on";
    EXPECT_EQ(claim.next().ask, Ask::update);
    EXPECT_LE(claim.next().at, kNow + kTimes.period * (1 + kClaimJitter));
    EXPECT_GE(claim.next().at, kNow + kTimes.period * (1 - kClaimJitter));
}

TEST(Claim, RenewsWithTheSameAcquisition) {
    auto claim = acquired();
    auto const later = kWall + seconds{5};
    auto const lease = claim.wanted(later);
    EXPECT_EQ(lease.resource_version, "1");
    EXPECT_EQ(lease.acquired, kWall);
    EXPECT_EQ(lease.renewed, later);
    EXPECT_EQ(lease.transitions, 4);
    EXPECT_EQ(claim.on_written(held_by("me", 2), kNow + seconds{5}, kNow + seconds{6}),
              Change::none);
    EXPECT_EQ(claim.valid_until(), kNow + seconds{5} + kTimes.deadline);
}

TEST(Claim, IsLostWhenNothingWasRenewedInTime) {
    auto claim = acquired();
    for (int i = 5; i < 20; ++i) {
        auto const at = kNow + seconds{i};
        EXPECT_EQ(claim.on_written(std::unexpected(kNoAnswer), at, at), Change::none);
        EXPECT_EQ(claim.next().ask, Ask::update) << "it tries on";
        EXPECT_LE(claim.next().at, at + kTimes.retry * (1 + kClaimJitter));
        EXPECT_EQ(claim.on_time(at), Change::none);
    }
    auto const end = kNow + kTimes.deadline;
    EXPECT_FALSE(claim.holds(end)) << "before anybody has looked at the time";
    EXPECT_EQ(claim.on_time(end), Change::lost);
    EXPECT_EQ(claim.reason(), "it could not be renewed: connection refused");
    EXPECT_EQ(claim.on_time(end), Change::none) << "once";
}

TEST(Claim, AnAnswerThatComesTooLateHoldsNothing) {
    auto claim = worker();
    claim.on_read(std::unexpected(kNotFound), kNow);
    auto const late = kNow + kTimes.deadline;
    EXPECT_EQ(claim.on_written(held_by("me", 1), kNow, late), Change::none);
    EXPECT_FALSE(claim.holds(late));
    EXPECT_EQ(claim.next().ask, Ask::update) << "it is ours, and is renewed at once";
    EXPECT_EQ(claim.next().at, late);
}

TEST(Claim, AForeignLeaseIsTakenOnlyWhenItsRecordHasNotChangedForItsDuration) {
    auto claim = worker();
    auto now = kNow;
    for (int version = 1; version <= 5; ++version) {
        claim.on_read(held_by("other", version, kWall + seconds{version}), now);
        EXPECT_EQ(claim.next().ask, Ask::read);
        EXPECT_LE(claim.next().at, now + kTimes.look * (1 + kClaimJitter));
        EXPECT_EQ(claim.holder(now), "other");
        now += seconds{20};
    }
    auto const changed = now - seconds{20};
    auto const same = held_by("other", 5, kWall + seconds{5});
    while (claim.next().ask == Ask::read) {
        now = claim.next().at;
        ASSERT_LE(now, changed + seconds{30});
        claim.on_read(same, now);
    }
    EXPECT_EQ(claim.next().ask, Ask::update);
    EXPECT_EQ(claim.next().at, changed + seconds{30});
    EXPECT_EQ(claim.wanted(kWall).resource_version, "5") << "refused if it was renewed meanwhile";
    EXPECT_EQ(claim.wanted(kWall).transitions, 5);
    EXPECT_EQ(claim.holder(changed + seconds{30}), "");
}

TEST(Claim, TheRecordsOwnDurationCounts) {
    auto claim = worker();
    auto lease = held_by("other", 1);
    lease.duration = seconds{1};
    claim.on_read(lease, kNow);
    EXPECT_EQ(claim.next().ask, Ask::update);
    EXPECT_EQ(claim.next().at, kNow + seconds{1});
}

TEST(Claim, AWallClockOfAnotherMachineMeansNothing) {
    auto claim = worker();
    claim.on_read(held_by("other", 1, kWall - hours{24}), kNow);
    EXPECT_EQ(claim.next().ask, Ask::read);
    claim.on_read(held_by("other", 2, kWall + hours{24}), kNow + seconds{29});
    EXPECT_EQ(claim.next().ask, Ask::read);
}

TEST(Claim, WhatWasReleasedIsTakenAtOnce) {
    auto claim = worker();
    claim.on_read(held_by("other", 1), kNow);
    auto lease = held_by("", 2);
    EXPECT_EQ(claim.on_seen(lease, kNow + milliseconds{10}), Change::none);
    EXPECT_EQ(claim.next().ask, Ask::update);
    EXPECT_EQ(claim.next().at, kNow + milliseconds{10});
    EXPECT_EQ(claim.on_seen(std::nullopt, kNow + milliseconds{20}), Change::none);
    EXPECT_EQ(claim.next().ask, Ask::create) << "it was removed";
}

TEST(Claim, ReleaseClearsTheHolderAndOnlyOurs) {
    auto claim = acquired();
    auto const lease = claim.release(kWall);
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->holder, "");
    EXPECT_EQ(lease->resource_version, "1");
    EXPECT_EQ(lease->duration, seconds{1});
    EXPECT_FALSE(claim.holds(kNow));
    EXPECT_FALSE(claim.release(kWall));
    auto other = worker();
    other.on_read(held_by("other", 1), kNow);
    EXPECT_FALSE(other.release(kWall));
}

TEST(Claim, AConflictIsReadAtOnceAndOurOwnRecordIsNoLoss) {
    auto claim = acquired();
    auto const at = kNow + seconds{5};
    EXPECT_EQ(claim.on_written(std::unexpected(kConflict), at, at), Change::none);
    EXPECT_EQ(claim.next().ask, Ask::read);
    EXPECT_EQ(claim.next().at, at);
    EXPECT_TRUE(claim.holds(at));
    EXPECT_EQ(claim.on_read(held_by("me", 7), at), Change::none)
        << "an annotation, or a lost answer";
    EXPECT_EQ(claim.next().ask, Ask::update);
    EXPECT_EQ(claim.wanted(kWall).resource_version, "7");
}

TEST(Claim, IsLostToAnotherHolderAndByRemoval) {
    auto claim = acquired();
    auto const at = kNow + seconds{5};
    claim.on_written(std::unexpected(kConflict), at, at);
    EXPECT_EQ(claim.on_read(held_by("other", 3), at), Change::lost);
    EXPECT_EQ(claim.reason(), "\"other\" holds it");
    auto removed = acquired();
    removed.on_written(std::unexpected(kNotFound), at, at);
    EXPECT_EQ(removed.on_read(std::unexpected(kNotFound), at), Change::lost);
    EXPECT_EQ(removed.reason(), "it was removed");
}

TEST(Claim, AHolderDoesNotBelieveAWatchWhichMayBeOld) {
    auto claim = acquired();
    EXPECT_EQ(claim.on_seen(held_by("other", 0), kNow + seconds{2}), Change::none);
    EXPECT_TRUE(claim.holds(kNow + seconds{2}));
    EXPECT_EQ(claim.next().ask, Ask::read);
    EXPECT_EQ(claim.next().at, kNow + seconds{2});
}

TEST(Claim, WhatNeedsAPersonIsTriedOnAndTold) {
    auto claim = worker();
    EXPECT_EQ(claim.on_read(std::unexpected(kForbidden), kNow), Change::none);
    EXPECT_EQ(claim.next().ask, Ask::read);
    EXPECT_GT(claim.next().at, kNow);
    EXPECT_EQ(claim.reason(), "403 Forbidden: not allowed");
}

TEST(WorkerClaim, StopsInTimeForItsLastWordsAndRenewsOftenEnough) {
    constexpr seconds last_words{1};
    for (auto duration = kShortestWorkerLease; duration <= kLongestWorkerLease; ++duration) {
        auto const times = worker_claim(duration);
        EXPECT_EQ(times.duration, duration);
        EXPECT_LE(times.deadline + last_words, duration);
        EXPECT_LE(3 * times.period * (1 + kClaimJitter), times.deadline) << "two may be missed";
        EXPECT_LE(times.retry, times.period);
        EXPECT_LE(times.look, duration / 3);
    }
}

// From its last renewal to the first after the outage: a request that hangs is the last to fail.
TEST(WorkerClaim, OutlivesTheUpdateOfAControlPlane) {
    constexpr seconds away{120}, hangs{5};
    auto const times = worker_claim(kWorkerLease);
    EXPECT_LT((times.period + times.retry) * (1 + kClaimJitter) + away + hangs, times.deadline);
}

TEST(Claim, WaitsAsLongAsTheServerAsksFor) {
    auto claim = worker();
    Failure const busy{429, "TooManyRequests", "slow down", seconds{7}};
    claim.on_read(std::unexpected(busy), kNow);
    EXPECT_EQ(claim.next().at, kNow + seconds{7});
}

}  // namespace
}  // namespace tidegate::kubernetes
