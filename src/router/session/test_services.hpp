// What a protocol's module works with, on one thread and without the rest of the router: for tests.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "router/session/services.hpp"

namespace tidegate::router {

// A port that was free a moment ago.
inline unsigned short free_port() {
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    return tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

struct TestServices {
    explicit TestServices(std::string const& yaml) : config(parse(yaml)) {
        if (!auth.configure(config.get()->global)) throw std::logic_error("the users are wrong");
        paths.apply(*config.get());
    }

    // False: it did not become true within a generous time.
    bool run_until(std::function<bool()> const& done) {
        auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!done() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds{10});
        }
        return done();
    }
    // To be called at the end, when the module has been stopped and its sessions were told to end:
    // they end while the module is still there.
    void run_dry() {
        paths.close_all();
        loops.front()->stop();
        io.restart();
        io.run_for(std::chrono::seconds{20});
    }

    boost::asio::io_context io{1};  // control loop and media loop alike
    std::vector<std::unique_ptr<net::EventLoop>> loops = make_loops(io);
    ConfigStore config;
    Hooks hooks{io, {}};
    AccessControl auth{io};
    Paths paths{hooks, io, {&io}};
    net::FileThreads files{1};
    Services services{io, loops, *loops.front(), paths, hooks, config, auth, files};

private:
    static std::vector<std::unique_ptr<net::EventLoop>> make_loops(boost::asio::io_context& io) {
        std::vector<std::unique_ptr<net::EventLoop>> made;
        made.push_back(std::make_unique<net::EventLoop>(
            io, 0,
            [](std::string const&, std::string const& what) { throw std::logic_error(what); }));
        return made;
    }
    static ConfPtr parse(std::string const& yaml) {
        auto conf = config::mediamtx::parse(yaml, {});
        if (!conf) throw std::logic_error(conf.error());
        return std::make_shared<config::mediamtx::Conf const>(std::move(*conf));
    }
};

}  // namespace tidegate::router
