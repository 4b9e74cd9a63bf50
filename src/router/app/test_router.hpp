// A whole router that runs in a thread of its own, and how a test talks to it: for tests.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "router/app/router.hpp"

namespace tidegate::router {

class RunningRouter {
public:
    RunningRouter(std::string const& yaml, MakeModules modules) {
        auto conf = config::mediamtx::parse(yaml, {});
        if (!conf) throw std::logic_error(conf.error());
        config::mediamtx::Loaded loaded;
        loaded.conf = std::move(*conf);
        std::promise<void> started;
        auto const waiting = started.get_future();
        thread_ = std::thread(&RunningRouter::run, this, std::move(loaded), std::move(modules),
                              std::ref(started));
        waiting.wait();
    }
    ~RunningRouter() { stop(); }

    // As SIGTERM does it; returns when the router has ended.
    void stop() {
        if (!thread_.joinable()) return;
        boost::asio::post(control_, [this] { end_.cancel(); });
        thread_.join();
    }

private:
    void run(config::mediamtx::Loaded loaded, MakeModules const& modules,
             std::promise<void>& started) {
        Router router(control_, std::move(loaded), {}, {.threads = 1}, modules);
        auto const opened = router.start();
        EXPECT_TRUE(opened) << opened.error();
        end_.expires_at(boost::asio::steady_timer::time_point::max());
        end_.async_wait([&](boost::system::error_code) {
            boost::asio::co_spawn(control_, router.stop(), [](std::exception_ptr) {});
        });
        started.set_value();
        control_.run();
    }

    boost::asio::io_context control_{1};
    boost::asio::steady_timer end_{control_};
    std::thread thread_;
};

// The port of a free_port(), as an address.
inline std::string local(unsigned short port) {
    return "127.0.0.1:" + std::to_string(port);
}

// A connection to the router.
struct Caller {
    explicit Caller(unsigned short port) {
        socket.connect({boost::asio::ip::address_v4::loopback(), port});
    }
    void send(std::string const& text) { boost::asio::write(socket, boost::asio::buffer(text)); }
    // Everything up to the end of the connection.
    std::string rest() {
        std::string text;
        boost::system::error_code ended;
        boost::asio::read(socket, boost::asio::dynamic_buffer(text), ended);
        return text;
    }

    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket{io};
};

// An HTTP server's answer, head included.
inline std::string http_get(unsigned short port, std::string const& target) {
    Caller caller(port);
    caller.send("GET " + target + " HTTP/1.1\r\nHost: " + local(port) +
                "\r\nConnection: close\r\n\r\n");
    return caller.rest();
}

// False: the answer never contained it, within a generous time.
inline bool wait_for_answer(unsigned short port, std::string const& target,
                            std::string const& wanted) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < end) {
        if (http_get(port, target).contains(wanted)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return false;
}

}  // namespace tidegate::router
