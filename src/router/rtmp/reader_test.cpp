#include "router/rtmp/reader.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <string>

namespace tidegate::router {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kMoreThanSocketsHold = 8 * 1024 * 1024;

media::Tracks sound_and_picture() {
    return {{media::H264Config{{0x67, 0x42, 0xc0, 0x1f}, {0x68, 0xce}}},
            {media::AacConfig{{0x11, 0x90}, 48000, 2}}};
}

FanoutItem item(std::uint16_t track, std::string const& bytes) {
    FanoutItem item;
    item.track = track;
    item.video = track == 0;
    item.rtmp = base::SharedBytes::copy_of(base::Bytes(bytes.begin(), bytes.end()));
    return item;
}

FanoutItem header(std::uint16_t track, std::string const& bytes) {
    auto changed = item(track, bytes);
    changed.config = true;
    return changed;
}

FanoutItem keyframe(std::string const& bytes) {
    auto picture = item(0, bytes);
    picture.keyframe = true;
    return picture;
}

// A player whose socket is full until it reads.
struct RtmpReaderTest : testing::Test {
    RtmpReaderTest() {
        EXPECT_TRUE(stream->add_reader({"rtmpConn", record->id()}, Protocol::rtmp, 0));
        writes.push(base::SharedBytes::copy_of(base::Bytes(kMoreThanSocketsHold, 'x')));
        writes.flush();
        EXPECT_TRUE(writes.blocked_since()) << "nothing else finds room";
    }
    tcp::socket connected() {
        tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        player.connect(acceptor.local_endpoint());
        return acceptor.accept();
    }
    // The player reads what fills its socket, and the queue is empty again.
    void read_on() {
        base::Bytes filling(kMoreThanSocketsHold);
        bool read = false;
        asio::async_read(player, asio::buffer(filling), [&](auto error, auto) {
            EXPECT_FALSE(error);
            read = true;
        });
        while (!read) io.run_one();
        EXPECT_TRUE(writes.empty());
    }
    // What the player gets from here to the end.
    std::string rest() {
        ours.shutdown(tcp::socket::shutdown_send);
        std::string bytes;
        boost::system::error_code end;
        asio::read(player, asio::dynamic_buffer(bytes), end);
        return bytes;
    }

    asio::io_context io;
    tcp::socket player{io};
    tcp::socket ours = connected();
    net::WriteQueue writes{ours, {.weight = 1, .bytes = 1000}, [](auto) { FAIL(); }};
    static RtmpConnInfo named(std::string id) {
        RtmpConnInfo info;
        info.id = std::move(id);
        return info;
    }
    std::shared_ptr<RtmpConnRecord> record =
        std::make_shared<RtmpConnRecord>(named("a"), [](auto const&) {});
    std::shared_ptr<Stream> stream = std::make_shared<Stream>(
        "live/demo/in", std::vector<asio::io_context*>{&io}, StreamSettings{}, sound_and_picture());
    RtmpReader reader{{record, writes, 0, [] {}}, stream, {0, 1}};
};

TEST_F(RtmpReaderTest, AChangedHeaderThatFoundNoRoomGoesOutBeforeTheNextUnit) {
    EXPECT_FALSE(reader.offer(header(1, "older")));
    EXPECT_FALSE(reader.offer(header(1, "newer")));
    EXPECT_FALSE(reader.offer(item(1, "lost")));
    read_on();
    EXPECT_TRUE(reader.offer(item(1, "sound")));
    EXPECT_TRUE(reader.offer(item(1, "again")));
    reader.flush();
    EXPECT_EQ(rest(), "newersoundagain");
}

TEST_F(RtmpReaderTest, APicturesHeaderGoesOutBeforeTheNextKeyframe) {
    EXPECT_FALSE(reader.offer(header(0, "header")));
    read_on();
    EXPECT_FALSE(reader.offer(item(0, "refers to what is lost")));
    EXPECT_TRUE(reader.offer(item(1, "sound")));
    EXPECT_TRUE(reader.offer(keyframe("key")));
    reader.flush();
    EXPECT_EQ(rest(), "soundheaderkey");
}

TEST_F(RtmpReaderTest, OneThatTakesEverythingInOnePieceGetsTheOwedHeaderFirst) {
    EXPECT_FALSE(reader.offer(header(1, "header")));
    read_on();
    EXPECT_TRUE(reader.offer(keyframe("key")));
    std::vector<FanoutItem> const items{item(1, "sound"), item(0, "picture")};
    FanoutBatch batch(items, 1);
    reader.deliver(batch);
    reader.flush();
    EXPECT_EQ(rest(), "keyheadersoundpicture");
}

}  // namespace
}  // namespace tidegate::router
