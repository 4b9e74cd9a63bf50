#include "router/app/media_server.hpp"

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

struct MediaServerTest : testing::Test {
    asio::io_context io;
    std::vector<std::unique_ptr<net::EventLoop>> loops;
    std::unique_ptr<MediaServer> server;

    MediaServerTest() {
        loops.push_back(std::make_unique<net::EventLoop>(
            io, 0, [](auto const&, auto const& what) { ADD_FAILURE() << what; }));
        server = std::make_unique<MediaServer>("TEST", loops, hang_up);
    }
    ~MediaServerTest() override {
        server->stop();
        loops.front()->stop();
        io.restart();
        io.run_for(20s);
    }

    // Starts on a port of the kernel's choice; the result is its address.
    std::string start() {
        auto acceptors = server->open(kAnyPort);
        EXPECT_TRUE(acceptors) << acceptors.error();
        auto const port = acceptors->front()->local_endpoint().port();
        auto address = "127.0.0.1:" + std::to_string(port);
        server->start(address, std::move(*acceptors));
        return address;
    }
};

TEST_F(MediaServerTest, AnAddressInUseIsRefusedInGosWords) {
    auto const address = start();
    MediaServer other("OTHER", loops, hang_up);
    auto const second = other.open(address);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "listen tcp " + address + ": bind: address already in use");
}

TEST_F(MediaServerTest, AStoppedServersPortIsFreeThoughItsLoopIsBusy) {
    auto const address = start();
    server->stop();  // the loop, which owns the descriptor, has not run since
    auto acceptors = server->open(address);
    ASSERT_TRUE(acceptors) << acceptors.error();
    server->start(address, std::move(*acceptors));

    tcp::socket client(io);
    client.connect(*net::parse_listen_address(address));
    char byte = 0;
    boost::system::error_code closed;
    client.async_receive(asio::buffer(&byte, 1), [&](auto error, std::size_t) { closed = error; });
    while (!closed && io.run_one_for(20s) > 0) {
    }
    EXPECT_EQ(closed, asio::error::eof);
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

TEST_F(MediaServerTest, ABacklogDoesNotOvershootTheMostConnections) {
    server = std::make_unique<MediaServer>("TEST", loops, stay, 3);
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
