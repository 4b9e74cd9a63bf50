// tidegate-plane: many routers with many streams, for bench/plane.py. It says "ready" when the
// routers answer. Then it waits for lines: "quiet N" lets N seconds pass, "publish N" has
// publishers come and go for N seconds, "follow" begins to read events. It answers each with a line
// of JSON.
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>
#include <istream>
#include <string>

#include <unistd.h>

#include "plane/plane.hpp"

namespace {

using namespace tidegate;
namespace asio = boost::asio;

asio::awaitable<void> obey(asio::io_context& io, plane::Plane& plane) {
    asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    asio::streambuf text;
    while (true) {
        co_await asio::async_read_until(input, text, '\n', asio::use_awaitable);
        std::istream in(&text);
        std::string what, rest;
        long seconds = 0;
        in >> what;
        if (what != "follow") in >> seconds;
        std::getline(in, rest);
        if (what == "follow") asio::co_spawn(io, plane.follow_events(), asio::detached);
        if (what == "publish") co_await plane.publish_for(std::chrono::seconds{seconds});
        if (what == "quiet") {
            asio::steady_timer timer(io, std::chrono::seconds{seconds});
            co_await timer.async_wait(asio::use_awaitable);
        }
        std::printf("%s\n", plane.report().c_str());
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    plane::Settings settings;
    CLI::App app("Many routers with many streams");
    app.add_option("--routers", settings.routers);
    app.add_option("--streams", settings.streams);
    app.add_option("--port", settings.port);
    app.add_option("--service", settings.service);
    app.add_option("--rate", settings.rate);
    CLI11_PARSE(app, argc, argv);
    try {
        asio::io_context io(1);
        plane::Plane plane(io, settings);
        plane.start();
        std::printf("ready\n");
        std::fflush(stdout);
        asio::co_spawn(io, obey(io, plane), [&](std::exception_ptr) { io.stop(); });
        io.run();
    } catch (std::exception const& error) {
        std::fprintf(stderr, "tidegate-plane: %s\n", error.what());
        return 1;
    }
    return 0;
}
