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

// Streams with segments come in; uploads succeed, fail, are given up, or the program is killed in
// the middle of any of them. What is on the disk is a set; the bucket is a list of what arrived.
TEST(UploadQueue, EachSegmentArrivesAtLeastOnceAndInOrderWhateverHappens) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937_64 random(seed);
        std::map<UploadQueue::Id, std::string> disk;
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
            if (fails) {
                queue.failed(job, now, random());
                return;
            }
            bucket[job.stream].push_back(job.id);
            if (random() % 10 == 0) return crash();  // it has arrived, and nobody has noted it
            disk.erase(job.id);
            if (random() % 10 == 0) return crash();  // noted, but the queue does not know
            queue.finished(job);
        };
        for (int step = 0; step < 400; ++step) {
            now += std::chrono::milliseconds{random() % 2000};
            auto const dice = random() % 100;
            if (dice < 30) {
                auto const stream = std::string(1, static_cast<char>('a' + random() % 3));
                disk[next] = stream;
                added[stream].push_back(next);
                queue.add(next++, stream);
            } else if (dice < 60 && under_way.size() < 3) {
                if (auto job = queue.take(now)) under_way.push_back(*job);
            } else if (dice < 97) {
                end_one(random() % 3 == 0);
            } else {
                crash();
            }
        }
        for (int step = 0; !disk.empty(); ++step) {
            ASSERT_LT(step, 10'000) << "seed " << seed;
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
