// For tests of readers: a player whose socket is full until it reads.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <string>

#include "net/write_queue.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/paths/test_paths.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

inline media::Tracks sound_and_picture() {
    return {{media::H264Config{{0x67, 0x42, 0xc0, 0x1f}, {0x68, 0xce}}},
            {media::AacConfig{{0x11, 0x90}, 48000, 2}}};
}

struct PlayerTest : PathsTest {
    using tcp = asio::ip::tcp;
    static constexpr std::size_t kMoreThanSocketsHold = 8 * 1024 * 1024;

    PlayerTest() {
        configure("paths: {cam: }");
        stream = *paths_.publish("cam", match("cam"), publisher("P"), sound_and_picture());
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

    ReaderSeat seat(PeerId reader, WireForm form) {
        auto seat = ReaderSeat::take(paths_, "cam", match("cam"), "", std::move(reader), form);
        EXPECT_TRUE(seat.has_value());
        return std::move(*seat);
    }

    asio::io_context& io = io_;
    std::shared_ptr<Stream> stream;
    tcp::socket player{io};
    tcp::socket ours = connected();
    net::WriteQueue writes{ours, {.weight = 1, .bytes = 1000}, [](auto) { FAIL(); }};
};

}  // namespace tidegate::router
