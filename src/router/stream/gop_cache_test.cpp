#include "router/stream/gop_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "base/memory_pressure.hpp"
#include "router/stream/stream.hpp"
#include "rtp/packet.hpp"
#include "rtp/train.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;

FanoutItem kept(base::Timestamp at, std::size_t bytes = 10) {
    FanoutItem item;
    item.unit.dts = at;
    item.unit.payload = base::SharedBytes::copy_of(base::Bytes(bytes));
    return item;
}

TEST(GopCache, KeepsWhatCameSinceTheLastKeyFrame) {
    GopCache cache;
    cache.add(kept(0ms), false);
    EXPECT_TRUE(cache.items().empty()) << "nothing can be decoded before the first key frame";
    cache.add(kept(40ms), true);
    cache.add(kept(80ms), false);
    EXPECT_EQ(cache.items().size(), 2U);
    auto const key = kept(120ms);
    cache.add(key, true);
    ASSERT_EQ(cache.items().size(), 1U);
    EXPECT_EQ(cache.items()[0].unit.payload.data(), key.unit.payload.data()) << "not copied";
}

TEST(GopCache, ForgetsAGroupThatIsTooLargeUpToTheNextKeyFrame) {
    for (auto const& [many, step, bytes] :
         {std::tuple{3, 1ms, kMaxGopBytes / 2}, std::tuple{3, 7000ms, std::size_t{10}},
          std::tuple{static_cast<int>(kMaxGopUnits) + 1, 0ms, std::size_t{0}}}) {
        GopCache cache;
        for (int i = 0; i < many - 1; ++i) cache.add(kept(i * step, bytes), i == 0);
        EXPECT_EQ(cache.items().size(), static_cast<std::size_t>(many - 1));
        cache.add(kept((many - 1) * step, bytes), false);
        EXPECT_TRUE(cache.items().empty());
        cache.add(kept(many * step, bytes), false);
        EXPECT_TRUE(cache.items().empty());
        cache.add(kept(many * step), true);
        EXPECT_EQ(cache.items().size(), 1U);
    }
}

TEST(GopCache, KeepsNothingWhileMemoryIsShort) {
    GopCache cache;
    cache.add(kept(0ms), true);
    base::set_memory_is_short(true);
    cache.add(kept(40ms), false);
    base::set_memory_is_short(false);
    EXPECT_TRUE(cache.items().empty());
    cache.add(kept(80ms), false);
    EXPECT_TRUE(cache.items().empty());
}

struct NumberReader final : Reader {
    bool offer(FanoutItem const& item) override {
        items.push_back(item);
        return true;
    }
    void flush() override {}
    void stream_ended() override {}
    std::vector<FanoutItem> items;
};

struct KeptStream : testing::Test {
    static media::Tracks tracks() {
        return {{media::H264Config{{0x67, 0x42, 0xc0, 0x1f}, {0x68, 0xce}}},
                {media::AacConfig{{0x11, 0x90}, 48000, 2}}};
    }
    static StreamSettings settings() {
        StreamSettings settings;
        settings.gop.units = true;
        settings.gop.form(WireForm::rtmp_message) = true;
        settings.gop.form(WireForm::interleaved_rtp) = true;
        return settings;
    }
    void publish(std::uint16_t track, base::Timestamp at, bool keyframe = false) {
        base::Bytes const picture{0, 0, 0, 3, std::uint8_t(keyframe ? 0x65 : 0x41), 0x88, 0x84};
        stream.publish({.track = track,
                        .keyframe = keyframe || track == 1,
                        .pts = at,
                        .dts = at,
                        .payload = base::SharedBytes::copy_of(picture)});
    }
    std::vector<base::Timestamp> times(std::vector<FanoutItem> const& items) {
        std::vector<base::Timestamp> times;
        for (auto const& item : items) times.push_back(item.unit.dts);
        return times;
    }
    void turn() {
        loop.restart();
        loop.poll();
    }
    asio::io_context loop{1};
    Stream stream{"live/demo/in", {&loop}, settings(), tracks()};
};

TEST_F(KeptStream, AReaderHasEveryUnitOnceWhereTheCacheEndsAndTheOutletGoesOn) {
    NumberReader first, late;
    stream.outlet(0)->add(first);
    publish(0, 0ms, true);
    publish(0, 40ms, true);
    publish(1, 50ms);
    publish(0, 80ms);  // these wait in the outlet still
    stream.outlet(0)->add(late);
    auto const beginning = stream.beginning(std::nullopt);
    publish(0, 120ms);
    turn();
    EXPECT_EQ(times(beginning.items), (std::vector<base::Timestamp>{40ms, 50ms, 80ms}));
    EXPECT_EQ(beginning.items.back().number, beginning.last);
    std::erase_if(late.items, [&](auto const& item) { return item.number <= beginning.last; });
    EXPECT_EQ(times(late.items), (std::vector<base::Timestamp>{120ms}));
    stream.outlet(0)->remove(first);
    stream.outlet(0)->remove(late);
}

TEST_F(KeptStream, TheKeptUnitsGetTheirWireFormWhenTheFirstReaderComes) {
    publish(0, 0ms, true);
    publish(1, 10ms);
    ASSERT_TRUE(stream.add_reader({"rtspSession", "a"}, WireForm::interleaved_rtp, 0));
    publish(0, 40ms);
    auto const items = stream.beginning(WireForm::interleaved_rtp).items;
    ASSERT_EQ(items.size(), 3U);
    for (auto const& item : items) {
        EXPECT_FALSE(item.as(WireForm::interleaved_rtp).empty());
        EXPECT_TRUE(item.as(WireForm::rtmp_message).empty());
    }
    EXPECT_EQ(static_cast<std::uint16_t>(items[0].rtp.sequence + items[0].rtp.packets),
              items[2].rtp.sequence);
    ASSERT_TRUE(stream.add_reader({"rtmpConn", "b"}, WireForm::rtmp_message, 0));
    auto const messages = stream.beginning(WireForm::rtmp_message).items;
    for (auto const& item : messages) EXPECT_FALSE(item.as(WireForm::rtmp_message).empty());
    auto const again = stream.beginning(WireForm::interleaved_rtp).items;
    EXPECT_EQ(again[0].as(WireForm::interleaved_rtp).data(),
              items[0].as(WireForm::interleaved_rtp).data())
        << "made once for all";
}

TEST_F(KeptStream, PacketsHaveNumbersInTheOrderOfTheirUnitsWhenReadersComeAndGo) {
    auto const read = [&](std::string const& id) {
        ASSERT_TRUE(stream.add_reader({"rtspSession", id}, WireForm::interleaved_rtp, 0));
    };
    publish(0, 0ms, true);
    read("a");
    publish(0, 40ms);
    stream.remove_reader({"rtspSession", "a"}, WireForm::interleaved_rtp);
    publish(0, 80ms);
    read("b");
    publish(0, 120ms);
    auto const items = stream.beginning(WireForm::interleaved_rtp).items;
    ASSERT_EQ(items.size(), 4U);
    for (std::size_t i = 1; i < items.size(); ++i) {
        EXPECT_EQ(items[i].rtp.sequence, static_cast<std::uint16_t>(items[0].rtp.sequence + i));
    }
}

// The seam, while the publisher's thread goes on.
TEST_F(KeptStream, AReaderHasEveryUnitOnceWhileThePublisherRuns) {
    constexpr int kUnits = 20'000;
    constexpr int kMostAhead = 500;  // far less than the outlet's inbox holds
    std::atomic<bool> done = false;
    std::atomic<int> published = 0;
    std::atomic<int> drained = 0;
    std::thread publisher([&] {
        for (int i = 0; i < kUnits; ++i) {
            while (i - drained > kMostAhead) std::this_thread::yield();
            publish(0, i * 1ms, i % 50 == 0);
            published = i + 1;
        }
        done = true;
    });
    int joins_with_cache = 0;
    int gaps = 0;
    for (int joined = 0; !done; ++joined) {
        PeerId const id{"rtspSession", std::to_string(joined)};
        stream.add_reader(id, WireForm::interleaved_rtp, 0);
        NumberReader reader;
        stream.outlet(0)->add(reader);
        auto const beginning = stream.beginning(WireForm::interleaved_rtp);
        while (!done && reader.items.size() < 100) {
            auto const before = published.load();
            turn();
            drained = before;
        }
        stream.outlet(0)->remove(reader);
        stream.remove_reader(id, WireForm::interleaved_rtp);
        auto items = beginning.items;
        for (auto const& item : reader.items) {
            auto const is_new = static_cast<std::int32_t>(item.number - beginning.last) > 0;
            if (is_new || items.empty()) items.push_back(item);
        }
        joins_with_cache += beginning.items.empty() ? 0 : 1;
        for (std::size_t i = 1; i < items.size(); ++i) {
            auto const next = static_cast<std::uint16_t>(items[i - 1].rtp.sequence + 1);
            bool const follows = items[i].unit.dts == items[i - 1].unit.dts + 1ms;
            if (!follows || items[i].rtp.sequence != next) ++gaps;
        }
    }
    publisher.join();
    EXPECT_EQ(gaps, 0);
    EXPECT_GT(joins_with_cache, 10);
}

TEST_F(KeptStream, AChangedConfigurationEndsTheGroup) {
    publish(0, 0ms, true);
    stream.update_track(1, {media::AacConfig{{0x11, 0x88}, 44100, 1}}, 40ms);
    publish(0, 40ms);
    EXPECT_TRUE(stream.beginning(std::nullopt).items.empty());
    publish(0, 80ms, true);
    EXPECT_EQ(stream.beginning(std::nullopt).items.size(), 1U);
    stream.end();
    EXPECT_TRUE(stream.beginning(std::nullopt).items.empty());
}

TEST_F(KeptStream, OnlyThoseReadersGetItForWhomItIsKept) {
    auto only_rtmp = settings();
    only_rtmp.gop = {};
    only_rtmp.gop.form(WireForm::rtmp_message) = true;
    Stream other{"live/other/in", {&loop}, only_rtmp, tracks()};
    other.publish({.track = 0, .keyframe = true, .payload = {}});
    EXPECT_EQ(other.beginning(WireForm::rtmp_message).items.size(), 1U);
    EXPECT_TRUE(other.beginning(WireForm::interleaved_rtp).items.empty());
    EXPECT_TRUE(other.beginning(std::nullopt).items.empty());
}

}  // namespace
}  // namespace tidegate::router
