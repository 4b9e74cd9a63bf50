#include "router/media_server.hpp"

#include <gtest/gtest.h>

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
        server =
            std::make_unique<MediaServer>("TEST", loops, hang_up, [] { return std::size_t{0}; });
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
    MediaServer other("OTHER", loops, hang_up, [] { return std::size_t{0}; });
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

}  // namespace
}  // namespace tidegate::router
