// A client of ours over a real connection. The far end is a plain socket, so that a test can make
// it answer, refuse, fall silent or go away. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "net/event_loop.hpp"

namespace tidegate::net::test {

// Client: has run(), a coroutine that returns an End, and abandon().
template <class Client, class End>
class LoopbackTest : public testing::Test {
protected:
    // A connected socket for the client; peer_ is its far end, at 127.0.0.1 and port_.
    boost::asio::ip::tcp::socket connect() {
        using boost::asio::ip::tcp;
        tcp::acceptor acceptor(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        tcp::socket socket(io_);
        socket.connect(acceptor.local_endpoint());
        peer_ = acceptor.accept();
        peer_.non_blocking(true);
        port_ = std::to_string(acceptor.local_endpoint().port());
        return socket;
    }
    // Makes the client of the socket, the loop and the arguments, and runs it.
    template <class... Arguments>
    void run_client(boost::asio::ip::tcp::socket socket, Arguments&&... arguments) {
        client_.emplace(std::move(socket), loop_, std::forward<Arguments>(arguments)...);
        loop_.tasks().spawn("client", run());
    }
    void TearDown() override {
        if (client_ && !end_) client_->abandon("test over");
        run_until([&] { return loop_.tasks().size() == 0; });
    }

    // The far end has read these bytes.
    virtual void on_received(base::ByteView bytes) = 0;

    // Writes all of it to the client.
    void write_to_client(base::ByteView bytes) {
        peer_.non_blocking(false);
        boost::asio::write(peer_, boost::asio::buffer(bytes.data(), bytes.size()));
        peer_.non_blocking(true);
    }
    // Lets both ends work until the condition holds.
    void run_until(std::function<bool()> const& done) {
        auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!done() && std::chrono::steady_clock::now() < end) turn();
        EXPECT_TRUE(done());
    }
    End ended() {
        run_until([&] { return end_.has_value(); });
        return end_.value_or(End{});
    }

    boost::asio::io_context io_{1};
    EventLoop loop_{
        io_, 0, [](auto const& name, auto const& what) { ADD_FAILURE() << name << ": " << what; }};
    boost::asio::ip::tcp::socket peer_{io_};
    std::string port_;
    std::optional<Client> client_;
    std::optional<End> end_;
    bool reads_ = true;     // false: the far end lets the client's bytes lie
    bool saw_end_ = false;  // the client has closed its side

private:
    boost::asio::awaitable<void> run() { end_ = co_await client_->run(); }

    void turn() {
        io_.restart();
        io_.run_one_for(std::chrono::milliseconds{10});
        std::array<std::uint8_t, 65536> buffer{};
        boost::system::error_code error;
        while (reads_ && peer_.is_open()) {
            auto const count = peer_.read_some(boost::asio::buffer(buffer), error);
            if (error) break;
            on_received(base::ByteView(buffer).first(count));
        }
        saw_end_ = saw_end_ || error == boost::asio::error::eof;
    }
};

}  // namespace tidegate::net::test
