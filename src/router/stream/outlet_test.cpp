#include "router/stream/outlet.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tidegate::router {
namespace {

struct CountingReader final : Reader {
    bool offer(FanoutItem const& item) override {
        tracks.push_back(item.unit.track);
        seen.fetch_add(1, std::memory_order_release);
        return !full;
    }
    void flush() override { ++flushes; }
    void missed(Missed const& count) override {
        missed_items += count.items;
        missed_packets += count.rtp_packets;
    }
    void stream_ended() override { ++ends; }
    bool collects() const override { return collector; }

    bool collector = false;
    std::vector<std::uint16_t> tracks;
    bool full = false;
    int flushes = 0;
    int ends = 0;
    std::uint32_t missed_items = 0;
    std::uint32_t missed_packets = 0;
    std::atomic<std::size_t> seen{0};
};

FanoutItem video() {
    FanoutItem item;
    item.unit.track = 0;
    item.video = true;
    item.rtp.bytes = 100;
    return item;
}

FanoutItem audio() {
    FanoutItem item;
    item.unit.track = 1;
    item.rtp.bytes = 10;
    return item;
}

struct OutletFixture {
    explicit OutletFixture(Outlet::Settings settings = {}, bool has_video = true)
        : outlet(std::make_shared<Outlet>(loop, settings, has_video, bytes)) {
        outlet->add(first);
        outlet->add(second);
    }
    ~OutletFixture() {
        outlet->remove(first);
        outlet->remove(second);
    }
    void turn() {
        loop.restart();
        loop.poll();
    }
    asio::io_context loop{1};
    std::shared_ptr<std::atomic<std::uint64_t>> bytes =
        std::make_shared<std::atomic<std::uint64_t>>(0);
    std::shared_ptr<Outlet> outlet;
    CountingReader first, second;
};

TEST(Outlet, HandsEveryItemToEveryReaderAndFlushesOncePerTurn) {
    OutletFixture fixture;
    for (int i = 0; i < 5; ++i) fixture.outlet->publish(video());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 5U);
    EXPECT_EQ(fixture.second.tracks.size(), 5U);
    EXPECT_EQ(fixture.first.flushes, 1);
    EXPECT_EQ(*fixture.bytes, 1000U);
}

TEST(Outlet, CountsOnlyWhatWasQueued) {
    OutletFixture fixture;
    fixture.second.full = true;
    fixture.outlet->publish(video());
    fixture.turn();
    EXPECT_EQ(*fixture.bytes, 100U);
}

TEST(Outlet, AudioWaitsForTheNextVideoUnit) {
    OutletFixture fixture({.audio_wait = std::chrono::minutes(1), .merge_window = {}});
    fixture.outlet->publish(audio());
    fixture.turn();
    EXPECT_TRUE(fixture.first.tracks.empty());
    EXPECT_EQ(fixture.first.flushes, 0);
    fixture.outlet->publish(video());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks, (std::vector<std::uint16_t>{1, 0}));
    EXPECT_EQ(fixture.first.flushes, 1);
}

TEST(Outlet, AReaderThatComesWhileAudioWaitsGetsOnlyWhatCameAfterIt) {
    OutletFixture fixture({.audio_wait = std::chrono::minutes(1), .merge_window = {}});
    fixture.outlet->publish(audio());
    fixture.turn();
    CountingReader late;
    fixture.outlet->add(late);
    EXPECT_EQ(fixture.first.flushes, 0);
    fixture.outlet->publish(video());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks, (std::vector<std::uint16_t>{1, 0}));
    EXPECT_EQ(late.tracks, (std::vector<std::uint16_t>{0}));
    EXPECT_EQ(*fixture.bytes, 2 * 10U + 3 * 100U);
    fixture.outlet->remove(late);
}

TEST(Outlet, AudioGoesOutAloneWhenNoVideoComes) {
    OutletFixture fixture({.audio_wait = std::chrono::milliseconds(1), .merge_window = {}});
    fixture.outlet->publish(audio());
    fixture.loop.restart();
    fixture.loop.run();
    EXPECT_EQ(fixture.first.flushes, 1);
}

TEST(Outlet, AnAudioOnlyStreamNeverWaits) {
    OutletFixture fixture({.audio_wait = std::chrono::minutes(1), .merge_window = {}}, false);
    fixture.outlet->publish(audio());
    fixture.turn();
    EXPECT_EQ(fixture.first.flushes, 1);
}

TEST(Outlet, TheMergeWindowGathersVideoToo) {
    OutletFixture fixture({.audio_wait = {}, .merge_window = std::chrono::milliseconds(1)});
    fixture.outlet->publish(video());
    fixture.turn();
    fixture.outlet->publish(video());
    fixture.loop.restart();
    fixture.loop.run();
    EXPECT_EQ(fixture.first.tracks.size(), 2U);
    EXPECT_EQ(fixture.first.flushes, 1);
}

struct CollectingOutlet : OutletFixture {
    CollectingOutlet() {
        first.collector = second.collector = true;
        outlet->publish(video());
        turn();  // it asks them
    }
};

TEST(Outlet, ReadersThatCollectAreNotWokenForEachItem) {
    CollectingOutlet fixture;
    for (int i = 0; i < 10; ++i) fixture.outlet->publish(i % 2 == 0 ? video() : audio());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 1U);
    fixture.outlet->collect();
    EXPECT_EQ(fixture.first.tracks.size(), 11U) << "audio does not wait for video";
    EXPECT_EQ(fixture.second.flushes, 2);
    fixture.outlet->collect();
    EXPECT_EQ(fixture.second.flushes, 2) << "there was nothing";
    for (std::size_t i = 0; i < kMostUncollected; ++i) fixture.outlet->publish(audio());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 11U + kMostUncollected) << "so many do not wait";
}

TEST(Outlet, WhatWasNotCollectedComesWithTheEndAndWithAChange) {
    CollectingOutlet fixture;
    fixture.outlet->publish(video());
    auto change = video();
    change.changed_track = std::make_shared<media::Track const>();
    fixture.outlet->publish(change);
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 3U);
    fixture.outlet->publish(video());
    fixture.outlet->end();
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 4U);
    EXPECT_EQ(fixture.first.ends, 1);
}

TEST(Outlet, AReaderThatDoesNotCollectWakesTheLoopForAll) {
    CollectingOutlet fixture;
    fixture.outlet->publish(video());
    CountingReader third;
    fixture.outlet->add(third);
    EXPECT_EQ(fixture.first.tracks.size(), 2U);
    EXPECT_TRUE(third.tracks.empty()) << "it was published before";
    fixture.outlet->publish(video());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 3U);
    EXPECT_EQ(third.tracks.size(), 1U);
    fixture.outlet->remove(third);
    fixture.outlet->publish(video());
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 3U);
    fixture.outlet->remove(fixture.first);
    EXPECT_EQ(fixture.first.tracks.size(), 4U) << "a reader that leaves gets what is there";
}

TEST(Outlet, TellsItsReadersOnceThatTheStreamHasEndedAfterTheLastItems) {
    OutletFixture fixture({.audio_wait = std::chrono::minutes(1), .merge_window = {}});
    fixture.outlet->publish(audio());
    fixture.outlet->end();
    fixture.outlet->end();
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 1U);
    EXPECT_EQ(fixture.first.flushes, 1);
    EXPECT_EQ(fixture.first.ends, 1);
}

TEST(Outlet, AReaderThatComesAfterTheEndIsToldAtOnce) {
    OutletFixture fixture;
    fixture.outlet->end();
    fixture.turn();
    CountingReader late;
    fixture.outlet->add(late);
    EXPECT_EQ(late.ends, 1);
    fixture.outlet->remove(late);
}

TEST(Outlet, LosesNothingBetweenThreads) {
    OutletFixture fixture;
    constexpr std::size_t kItems = 20'000;
    std::thread publisher([&] {
        for (std::size_t i = 0; i < kItems; ++i) {
            while (i - fixture.first.seen.load(std::memory_order_acquire) >= kMaxInboxItems) {
                std::this_thread::yield();
            }
            fixture.outlet->publish(video());
        }
        fixture.outlet->end();
    });
    auto const work = asio::make_work_guard(fixture.loop);
    while (fixture.first.ends == 0) fixture.loop.run_one();
    publisher.join();
    EXPECT_EQ(fixture.first.tracks.size(), kItems);
    EXPECT_EQ(fixture.second.tracks.size(), kItems);
    // One flush for each reader and turn of the loop, whatever came in between.
    EXPECT_EQ(fixture.first.flushes, fixture.second.flushes);
    EXPECT_GT(fixture.first.flushes, 0);
}

FanoutItem picture(bool keyframe) {
    auto item = video();
    item.unit.keyframe = keyframe;
    item.rtp.packets = 2;
    return item;
}

TEST(Outlet, ALoopThatDoesNotComeToItLosesWholeUnitsUpToTheNextKeyframe) {
    OutletFixture fixture;
    for (std::size_t i = 0; i < kMaxInboxItems; ++i) fixture.outlet->publish(picture(i == 0));
    fixture.outlet->publish(picture(false));
    fixture.outlet->publish(audio());
    FanoutItem header = video();
    header.changed_track = std::make_shared<media::Track const>(
        media::Track{media::H264Config{{0x67, 0x42, 0xc0, 0x1f}, {0x68, 0xce}}});
    fixture.outlet->publish(header);
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), kMaxInboxItems + 1) << "a sequence header is never lost";
    EXPECT_EQ(fixture.first.missed_items, 2U);
    EXPECT_EQ(fixture.second.missed_packets, 2U) << "the audio unit has none here";

    fixture.first.tracks.clear();
    fixture.outlet->publish(picture(false));  // refers to one that was lost
    fixture.outlet->publish(audio());
    fixture.outlet->publish(picture(true));
    fixture.outlet->publish(picture(false));
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks, (std::vector<std::uint16_t>{1, 0, 0}));
    EXPECT_EQ(fixture.first.missed_items, 3U);
}

TEST(Outlet, AStreamWithoutKeyframesGoesOnWhenTheyHaveBeenWaitedFor) {
    OutletFixture fixture({.patience = KeyframePatience(std::chrono::seconds{})});
    for (std::size_t i = 0; i <= kMaxInboxItems; ++i) fixture.outlet->publish(picture(false));
    fixture.turn();
    EXPECT_EQ(fixture.first.missed_items, 1U);
    fixture.first.tracks.clear();
    fixture.outlet->publish(picture(false));
    fixture.outlet->publish(picture(false));
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), 2U);
    EXPECT_EQ(fixture.first.missed_items, 1U);
}

TEST(Outlet, TheBytesThatWaitForALoopAreBounded) {
    OutletFixture fixture;
    auto item = picture(true);
    item.as(WireForm::rtmp_message) = base::SharedBytes::copy_of(base::Bytes(media::kMaxUnit));
    item.as(WireForm::interleaved_rtp) = item.as(WireForm::rtmp_message);
    for (int i = 0; i < 10; ++i) fixture.outlet->publish(item);
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), kMaxInboxBytes / (2 * media::kMaxUnit));
    fixture.outlet->publish(item);
    fixture.turn();
    EXPECT_EQ(fixture.first.tracks.size(), kMaxInboxBytes / (2 * media::kMaxUnit) + 1);
}

}  // namespace
}  // namespace tidegate::router
