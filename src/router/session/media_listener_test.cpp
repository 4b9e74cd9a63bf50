#include "router/session/media_listener.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <vector>

#include "net/address.hpp"
#include "net/event_loop.hpp"

namespace tidegate::router {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr char const* kAnyPort = "127.0.0.1:0";

asio::awaitable<void> hang_up(tcp::socket socket, net::EventLoop&) {
    socket.close();
    co_return;
}

struct MediaListenerTest : testing::Test {
    asio::io_context io;
    std::vector<std::unique_ptr<net::EventLoop>> loops;
    std::unique_ptr<MediaListener> listener;
    int sessions_closed = 0;

    MediaListenerTest() {
        loops.push_back(std::make_unique<net::EventLoop>(
            io, 0, [](auto const&, auto const& what) { ADD_FAILURE() << what; }));
        listener = std::make_unique<MediaListener>("TEST", Security::clear, loops, hang_up,
                                                   [this] { ++sessions_closed; });
    }
    ~MediaListenerTest() override {
        listener->stop();
        loops.front()->stop();
        io.restart();
        io.run_for(20s);
    }

    // Starts on a port of the kernel's choice; the result is its address.
    std::string start() {
        auto const started = listener->start(kAnyPort);
        EXPECT_TRUE(started) << started.error();
        return "127.0.0.1:" + std::to_string(listener->port());
    }
};

TEST_F(MediaListenerTest, AnAddressInUseIsRefusedInGosWords) {
    auto const address = start();
    MediaListener other("OTHER", Security::clear, loops, hang_up, [] {});
    auto const second = other.start(address);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "listen tcp " + address + ": bind: address already in use");
}

TEST_F(MediaListenerTest, AStoppedServersPortIsFreeThoughItsLoopIsBusy) {
    auto const address = start();
    listener->stop();  // the loop, which owns the descriptor, has not run since
    auto const again = listener->start(address);
    ASSERT_TRUE(again) << again.error();

    tcp::socket client(io);
    client.connect(*net::parse_listen_address(address));
    char byte = 0;
    boost::system::error_code closed;
    client.async_receive(asio::buffer(&byte, 1), [&](auto error, std::size_t) { closed = error; });
    while (!closed && io.run_one_for(20s) > 0) {
    }
    EXPECT_EQ(closed, asio::error::eof);
}

constexpr char const* kNobodys = "203.0.113.1:";  // RFC 5737: for documentation

TEST_F(MediaListenerTest, AnAddressThatCannotBeHadLeavesTheOldOneAndItsSessions) {
    auto const address = start();
    listener->follow(std::string(kNobodys) + "1");
    EXPECT_EQ(address, "127.0.0.1:" + std::to_string(listener->port()));
    EXPECT_EQ(sessions_closed, 0);
}

// The old one has to be closed first, for the new one might stand for all addresses.
TEST_F(MediaListenerTest, AnAddressThatCannotBeHadOnTheSamePortLeavesTheOldOne) {
    auto const address = start();
    ASSERT_TRUE(listener->start(kAnyPort));
    ASSERT_TRUE(listener->start(address));
    listener->follow(kNobodys + std::to_string(listener->port()));
    EXPECT_EQ(address, "127.0.0.1:" + std::to_string(listener->port()));
}

TEST_F(MediaListenerTest, SessionsEndWithTheirAddressAndNotWithoutNeed) {
    auto const address = start();
    listener->follow(kAnyPort);  // what it was started with
    EXPECT_EQ(sessions_closed, 0);
    listener->follow("127.0.0.2:0");
    EXPECT_EQ(sessions_closed, 1);
    listener->follow(std::nullopt);
    EXPECT_EQ(sessions_closed, 2);
    listener->follow(std::nullopt);
    EXPECT_EQ(sessions_closed, 2);
}

// What a connection gets: the first byte that its session sends, or the end.
struct Caller {
    Caller(asio::io_context& io, std::string const& address) : socket(io) {
        socket.connect(*net::parse_listen_address(address));
        socket.async_receive(asio::buffer(&byte, 1), [this](auto error, std::size_t) {
            greeted = !error;
            refused = error == asio::error::eof || error == asio::error::connection_reset;
        });
    }
    tcp::socket socket;
    char byte = 0;
    bool greeted = false;
    bool refused = false;
};

// Greets, and stays until its client leaves.
asio::awaitable<void> stay(tcp::socket socket, net::EventLoop&) {
    co_await asio::async_write(socket, asio::buffer("x", 1), asio::use_awaitable);
    char byte = 0;
    co_await socket.async_receive(asio::buffer(&byte, 1), asio::as_tuple(asio::use_awaitable));
}

TEST_F(MediaListenerTest, ABacklogDoesNotOvershootTheMostConnections) {
    listener = std::make_unique<MediaListener>("TEST", Security::clear, loops, stay, [] {}, 3);
    auto const address = start();
    std::vector<std::unique_ptr<Caller>> callers;
    auto const count = [&](bool Caller::* what) {
        return std::ranges::count_if(callers, [&](auto const& caller) { return *caller.*what; });
    };
    // All of them wait in the backlog before the loop accepts the first one.
    for (int i = 0; i < 10; ++i) callers.push_back(std::make_unique<Caller>(io, address));
    while (count(&Caller::greeted) + count(&Caller::refused) < 10 && io.run_one_for(20s) > 0) {
    }
    EXPECT_EQ(count(&Caller::greeted), 3);

    callers.clear();  // their places are free again, once the sessions have noticed
    do {
        callers.push_back(std::make_unique<Caller>(io, address));
        auto& caller = *callers.back();
        while (!caller.greeted && !caller.refused && io.run_one_for(20s) > 0) {
        }
    } while (callers.back()->refused && callers.size() < 1000);
    EXPECT_TRUE(callers.back()->greeted);
}

}  // namespace
}  // namespace tidegate::router
