#include "net/write_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>

#include "base/memory_pressure.hpp"

namespace tidegate::net {
namespace {

constexpr std::size_t kMoreThanSocketsHold = 8 * 1024 * 1024;

// A connected pair on loopback: ours writes, peer reads.
struct Pair {
    explicit Pair(WriteQueueLimits limits = {4, 1000}) : queue_limits(limits) {}
    tcp::socket connected() {
        tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        peer.connect(acceptor.local_endpoint());
        return acceptor.accept();
    }
    // Until the socket takes no more: what is pushed from now on waits.
    void fill_socket() {
        queue.write(base::SharedBytes::copy_of(base::Bytes(kMoreThanSocketsHold, 'x')));
        EXPECT_TRUE(queue.blocked_since());
    }
    std::string read_all() {
        ours.shutdown(tcp::socket::shutdown_send);
        std::string text;
        boost::system::error_code error;
        asio::read(peer, asio::dynamic_buffer(text), error);
        return text;
    }
    asio::io_context io{1};
    tcp::socket peer{io};
    tcp::socket ours = connected();
    boost::system::error_code failure;
    WriteQueueLimits const queue_limits;
    WriteQueue queue{ours, queue_limits,
                     [this](boost::system::error_code error) { failure = error; }};
};

base::SharedBytes text(std::string_view value) {
    return base::SharedBytes::copy_of(base::as_bytes(value));
}

TEST(WriteQueue, GathersWhatWaitsIntoOneWrite) {
    Pair pair;
    EXPECT_TRUE(pair.queue.push(text("one ")));
    pair.queue.push_reply(text("two "));
    EXPECT_TRUE(pair.queue.push(text("three")));
    pair.queue.flush();
    EXPECT_EQ(pair.queue.system_calls(), 1U);
    EXPECT_EQ(pair.queue.bytes_sent(), 13U);
    EXPECT_TRUE(pair.queue.empty());
    EXPECT_EQ(pair.read_all(), "one two three");
}

TEST(WriteQueue, WritesAtOnceWhatNeedsNoQueue) {
    Pair pair;
    EXPECT_TRUE(pair.queue.write(text("one ")));
    EXPECT_EQ(pair.queue.system_calls(), 1U);
    EXPECT_TRUE(pair.queue.push(text("two ")));
    EXPECT_TRUE(pair.queue.write(text("three")));  // behind what waits, in one write
    EXPECT_EQ(pair.queue.system_calls(), 2U);
    EXPECT_EQ(pair.queue.bytes_sent(), 13U);
    EXPECT_TRUE(pair.queue.empty());
    EXPECT_EQ(pair.read_all(), "one two three");
}

TEST(WriteQueue, KeepsTheRestOfAWriteThatTheSocketCut) {
    Pair pair;
    std::string const large(kMoreThanSocketsHold, 'x');
    EXPECT_TRUE(pair.queue.write(text(large)));
    EXPECT_FALSE(pair.queue.empty());
    EXPECT_TRUE(pair.queue.blocked_since().has_value());
    EXPECT_FALSE(pair.queue.write(text("no room")));
    std::string got(large.size(), '\0');
    std::size_t received = 0;
    std::function<void()> const read = [&] {
        pair.peer.async_read_some(asio::buffer(got.data() + received, got.size() - received),
                                  [&](boost::system::error_code error, std::size_t count) {
                                      received += count;
                                      if (!error && received < got.size()) read();
                                  });
    };
    read();
    pair.io.run();
    EXPECT_EQ(got, large);
    EXPECT_TRUE(pair.queue.empty());
}

TEST(WriteQueue, AWriteToAClosedPeerFails) {
    Pair pair;
    pair.ours.shutdown(tcp::socket::shutdown_send);
    EXPECT_FALSE(pair.queue.write(text("one")));
    EXPECT_TRUE(pair.failure.failed());
    EXPECT_FALSE(pair.queue.write(text("two")));
}

TEST(WriteQueue, RefusesBeyondItsBytesButTakesOneLargeItemWhenEmpty) {
    Pair pair;
    EXPECT_TRUE(pair.queue.push(text(std::string(5000, 'x')), 100));
    EXPECT_FALSE(pair.queue.push(text("y")));
    pair.queue.flush();
    EXPECT_TRUE(pair.queue.push(text("z")));
    EXPECT_FALSE(pair.queue.push(text(std::string(1000, 'z'))));
    pair.queue.push_reply(text("reply"));
    pair.queue.flush();
    EXPECT_EQ(pair.read_all(), std::string(5000, 'x') + "zreply");
}

constexpr std::size_t kManyBytes = 2 * kMoreThanSocketsHold;

TEST(WriteQueue, APictureOfAnyWeightGoesBehindWhatCameWithIt) {
    Pair pair({4, kManyBytes});
    EXPECT_TRUE(pair.queue.push(text("audio")));
    EXPECT_TRUE(pair.queue.push(text("picture"), 700));
    EXPECT_TRUE(pair.queue.push(text("next")));
    pair.queue.flush();
    EXPECT_EQ(pair.read_all(), "audiopicturenext");
}

TEST(WriteQueue, TheWeightBoundsAPeerThatIsLate) {
    Pair pair({4, kManyBytes, std::chrono::milliseconds{0}});
    pair.fill_socket();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pair.queue.push(text("z")));
    EXPECT_TRUE(pair.queue.has_room(1, 0));
    EXPECT_FALSE(pair.queue.push(text("z")));
}

TEST(WriteQueue, TheBytesAloneBoundAPeerThatKeepsUp) {
    Pair pair({4, kManyBytes, std::chrono::hours{1}});
    pair.fill_socket();
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pair.queue.push(text("z"), 100));
    auto const room = kManyBytes - pair.queue.queued_bytes();
    EXPECT_TRUE(pair.queue.has_room(room, 100));
    EXPECT_FALSE(pair.queue.has_room(room + 1, 100));
}

struct ShortMemory {
    ShortMemory() { base::set_memory_is_short(true); }
    ~ShortMemory() { base::set_memory_is_short(false); }
};

TEST(WriteQueue, WhileMemoryIsShortLittleWaits) {
    Pair pair({.weight = 1000, .bytes = 16 * base::kMaxPeerBytesWhenShort});
    pair.fill_socket();
    std::size_t const half = base::kMaxPeerBytesWhenShort / 2 + 1;
    {
        ShortMemory const is_short;
        EXPECT_FALSE(pair.queue.has_room(half, 1))
            << "the rest of what the socket did not take waits";
    }
    EXPECT_TRUE(pair.queue.has_room(half, 1));
}

TEST(WriteQueue, TheRestOfAnItemIsKeptBeyondEveryLimitAndIsNoReply) {
    Pair pair;
    ASSERT_TRUE(pair.queue.push(text("h")));
    pair.queue.push_rest(text(std::string(2 * kMaxReplyBytes, 'r')));
    EXPECT_FALSE(pair.failure);
    EXPECT_EQ(pair.queue.queued_bytes(), 2 * kMaxReplyBytes + 1);
    EXPECT_FALSE(pair.queue.push(text("h")));
}

TEST(WriteQueue, GoesOnByItselfWhenASlowReaderReads) {
    Pair pair;
    std::string const chunk(900, 'c');
    std::size_t pushed = 0;
    while (!pair.queue.blocked_since()) {
        ASSERT_TRUE(pair.queue.push(text(chunk)));
        pair.queue.flush();
        ++pushed;
    }
    EXPECT_FALSE(pair.queue.empty());
    std::string received(pushed * chunk.size(), '\0');
    std::size_t count = 0;
    pair.peer.non_blocking(true);
    while (count < received.size()) {
        boost::system::error_code error;
        count += pair.peer.read_some(asio::buffer(received.data() + count, received.size() - count),
                                     error);
        pair.io.restart();
        pair.io.poll();
    }
    EXPECT_EQ(received, std::string(pushed * chunk.size(), 'c'));
    EXPECT_TRUE(pair.queue.empty());
    EXPECT_FALSE(pair.queue.blocked_since());
}

TEST(WriteQueue, ReportsABrokenConnectionOnceAndThenRefuses) {
    Pair pair;
    pair.peer.set_option(asio::socket_base::linger(true, 0));
    pair.peer.close();
    while (!pair.failure) {
        pair.queue.push(text("x"));
        pair.queue.flush();
    }
    EXPECT_FALSE(pair.queue.push(text("x")));
}

TEST(WriteQueue, FailsWhenRepliesPileUpAndForgetsThoseThatWereRead) {
    Pair pair;
    std::string const reply(1000, 'r');
    std::size_t pushed = 0;
    while (!pair.failure) {
        pair.queue.push_reply(text(reply));
        pair.queue.flush();
        ++pushed;
    }
    EXPECT_EQ(pair.failure, boost::system::errc::no_buffer_space);
    EXPECT_LE(pair.queue.queued_bytes(), kMaxReplyBytes + reply.size());
    EXPECT_FALSE(pair.queue.push(text("x")));

    Pair reading;
    std::string received(reply.size(), '\0');
    for (std::size_t i = 0; i < pushed; ++i) {  // as many, but read
        reading.queue.push_reply(text(reply));
        reading.queue.flush();
        asio::read(reading.peer, asio::buffer(received));
    }
    EXPECT_FALSE(reading.failure);
}

TEST(WriteQueue, AStrangerGetsFewerReplies) {
    Pair pair;
    pair.fill_socket();
    pair.queue.set_reply_limit(1000);
    pair.queue.push_reply(text(std::string(1000, 'r')));
    EXPECT_FALSE(pair.failure);
    pair.queue.push_reply(text("r"));
    EXPECT_EQ(pair.failure, boost::system::errc::no_buffer_space);
}

TEST(WriteQueue, MayDieWhileWaiting) {
    Pair pair;
    auto queue = std::make_unique<WriteQueue>(pair.ours, WriteQueueLimits{100000, 100000000},
                                              [](boost::system::error_code) { FAIL(); });
    while (!queue->blocked_since()) {
        queue->push(text(std::string(65536, 'c')));
        queue->flush();
    }
    queue.reset();
    pair.ours.close();
    pair.io.run();
}

}  // namespace
}  // namespace tidegate::net
