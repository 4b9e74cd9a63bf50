#include "archive/core/upload_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "archive/core/retry_delay.hpp"

namespace tidegate::archive {
namespace {

using namespace std::chrono_literals;
using Time = UploadQueue::Time;

TEST(RetryDelay, DoublesUpToALimitAndIsNeverTheSame) {
    EXPECT_EQ(retry_delay(1, 0), 500ms);
    EXPECT_EQ(retry_delay(1, 500), 1000ms);
    EXPECT_EQ(retry_delay(4, 0), 4000ms);
    for (unsigned const failures : {9U, 10U, 100U, 4'000'000'000U}) {
        EXPECT_LE(retry_delay(failures, 0xFFFF'FFFF'FFFF'FFFF), kLongestDelay);
        EXPECT_GE(retry_delay(failures, 0), kLongestDelay / 3);
    }
}

TEST(UploadQueue, GivesTheFirstSegmentOfEachStream) {
    UploadQueue queue;
    queue.add(2, "a");
    queue.add(1, "b");
    queue.add(3, "a");
    queue.add(3, "a");
    EXPECT_EQ(queue.size(), 3U);
    auto const first = queue.take(Time{});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->id, 1U);
    auto const second = queue.take(Time{});
    ASSERT_TRUE(second);
    EXPECT_EQ(second->id, 2U);
    EXPECT_FALSE(queue.take(Time{})) << "3 waits for 2";
    EXPECT_FALSE(queue.next());
    queue.finished(*second);
    EXPECT_EQ(queue.take(Time{})->id, 3U);
}

TEST(UploadQueue, AStreamThatFailsWaitsAndTheOthersGoOn) {
    UploadQueue queue;
    queue.add(1, "a");
    queue.add(2, "a");
    queue.add(3, "b");
    auto const job = queue.take(Time{});
    auto const delay = queue.failed(*job, Time{}, 0);
    EXPECT_EQ(queue.waiting_streams(), 1U);
    EXPECT_EQ(queue.take(Time{})->id, 3U);
    EXPECT_FALSE(queue.take(Time{} + delay - 1ms));
    EXPECT_EQ(queue.next(), Time{} + delay);
    EXPECT_EQ(queue.take(Time{} + delay)->id, 1U) << "in order: not 2";
}

TEST(UploadQueue, TriesThoseBehindOneThatIsRefusedAgainAndAgain) {
    UploadQueue queue;
    for (UploadQueue::Id const id : {1U, 2U, 3U}) queue.add(id, "a");
    Time now{};
    auto const refuse_first = [&] {
        now = *queue.next();
        auto const job = queue.take(now);
        EXPECT_EQ(job->id, 1U);
        EXPECT_FALSE(job->passes);
        queue.failed(*job, now, 0, true);
    };
    for (unsigned i = 0; i < kMaxRefusals; ++i) refuse_first();
    // The server takes the next one no more than the first: all wait.
    auto behind = queue.take(now);
    ASSERT_TRUE(behind) << "at once";
    EXPECT_EQ(behind->id, 2U);
    EXPECT_EQ(behind->passes, 1U);
    EXPECT_GT(queue.failed(*behind, now, 0, true), 0ms);
    EXPECT_FALSE(queue.take(now));
    // It takes the one after that: the first is to blame, and the second has its own tries.
    refuse_first();
    behind = queue.take(now);
    EXPECT_EQ(behind->id, 3U);
    EXPECT_EQ(behind->passes, 1U);
    queue.finished(*behind, true);
    EXPECT_EQ(queue.size(), 1U);
    EXPECT_EQ(queue.under_way(), 0U);
    EXPECT_EQ(queue.take(now)->id, 2U);
}

TEST(UploadQueue, OneThatIsRefusedWaitsWhileNothingIsBehindIt) {
    UploadQueue queue;
    queue.add(1, "a");
    Time now{};
    for (unsigned i = 0; i < 3 * kMaxRefusals; ++i) {
        now = *queue.next();
        auto const job = queue.take(now);
        EXPECT_FALSE(job->passes);
        queue.failed(*job, now, 0, true);
    }
    // Other failures in between say nothing about the segment.
    queue.add(2, "a");
    now = *queue.next();
    queue.failed(*queue.take(now), now, 0, false);
    EXPECT_FALSE(queue.take(now));
    // One behind it that is given up for another reason proves nothing either.
    for (unsigned i = 0; i < kMaxRefusals; ++i) {
        now = *queue.next();
        queue.failed(*queue.take(now), now, 0, true);
    }
    auto const behind = queue.take(now);
    ASSERT_TRUE(behind && behind->passes);
    queue.finished(*behind);
    EXPECT_FALSE(queue.take(now));
    EXPECT_EQ(queue.oldest(), 1U);
}

// Streams with segments come in; uploads succeed, fail, are given up, or the program is killed in
// the middle of any of them. What is on the disk is a set; the bucket is a list of what arrived.
// One in nine is refused by the server for ever: it is given up once one behind it has arrived.
TEST(UploadQueue, EachSegmentArrivesAtLeastOnceAndInOrderWhateverHappens) {
    auto const is_refused = [](UploadQueue::Id id) { return id % 9 == 0; };
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937_64 random(seed);
        using Disk = std::map<UploadQueue::Id, std::string>;
        using Stored = Disk::value_type;
        Disk disk;
        std::map<std::string, std::vector<UploadQueue::Id>> bucket, added;
        std::vector<UploadQueue::Job> under_way;
        UploadQueue queue;
        Time now{};
        UploadQueue::Id next = 1;
        auto const crash = [&] {
            queue = {};
            under_way.clear();
            for (auto const& [id, stream] : disk) queue.add(id, stream);
        };
        auto const end_one = [&](bool fails) {
            if (under_way.empty()) return;
            std::swap(under_way[random() % under_way.size()], under_way.back());
            auto const job = under_way.back();
            under_way.pop_back();
            if (fails || is_refused(job.id)) {
                queue.failed(job, now, random(), is_refused(job.id));
                return;
            }
            bucket[job.stream].push_back(job.id);
            if (random() % 10 == 0) return crash();  // it has arrived, and nobody has noted it
            if (job.passes) {
                EXPECT_TRUE(is_refused(*job.passes));
                disk.erase(*job.passes);
                if (random() % 10 == 0) return crash();
            }
            disk.erase(job.id);
            if (random() % 10 == 0) return crash();  // noted, but the queue does not know
            queue.finished(job, job.passes.has_value());
        };
        for (int step = 0; step < 400; ++step) {
            now += std::chrono::milliseconds{random() % 2000};
            auto const dice = random() % 100;
            if (dice < 30) {
                auto const stream = std::string(1, static_cast<char>('a' + random() % 3));
                disk[next] = stream;
                if (!is_refused(next)) added[stream].push_back(next);
                queue.add(next++, stream);
            } else if (dice < 60 && under_way.size() < 3) {
                if (auto job = queue.take(now)) under_way.push_back(*job);
            } else if (dice < 97) {
                end_one(random() % 3 == 0);
            } else {
                crash();
            }
        }
        for (int step = 0; !std::ranges::all_of(disk, is_refused, &Stored::first); ++step) {
            ASSERT_LT(step, 20'000) << "seed " << seed;
            now += kLongestDelay;
            while (auto job = queue.take(now)) under_way.push_back(*job);
            end_one(false);
        }
        for (auto& [stream, ids] : bucket) {
            EXPECT_TRUE(std::ranges::is_sorted(ids)) << "seed " << seed << ", stream " << stream;
            ids.erase(std::ranges::unique(ids).begin(), ids.end());
        }
        EXPECT_EQ(bucket, added) << "seed " << seed;
    }
}

}  // namespace
}  // namespace tidegate::archive
