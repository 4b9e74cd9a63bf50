// The whole router in one process: what becomes of it when its owner fails.
#include "router/app/router.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "router/app/modules/modules.hpp"
#include "rtmp/core/client_session.hpp"
#include "rtmp/core/client_url.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

// A port that was free a moment ago.
unsigned short free_port() {
    asio::io_context io;
    return tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

std::string url_of(unsigned short port, int client) {
    return "rtmp://127.0.0.1:" + std::to_string(port) + "/live/s" + std::to_string(client) + "/in";
}

// Publishes, keeps talking, and comes again whenever it is turned away.
class Crowd {
public:
    Crowd(unsigned short port, int clients) {
        for (int i = 0; i < clients; ++i) {
            threads_.emplace_back([this, port, i] {
                while (!stop_) publish(port, i);
            });
        }
    }
    ~Crowd() {
        stop_ = true;
        for (auto& thread : threads_) thread.join();
    }
    bool wait_accepted(int count) const {
        auto const end = std::chrono::steady_clock::now() + 20s;
        while (accepted_ < count && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(1ms);
        }
        return accepted_ >= count;
    }

private:
    struct Sink final : rtmp::ClientSink {
        void on_accepted() override { accepted = true; }
        void on_rejected(std::string&&, std::string&&) override { over = true; }
        void on_media(rtmp::MediaMessage&&) override {}
        void on_metadata(rtmp::Metadata&&) override {}
        void on_stream_closed() override { over = true; }
        bool accepted = false, over = false;
    };

    void publish(unsigned short port, int client) {
        asio::io_context io;
        tcp::socket socket(io);
        boost::system::error_code error;
        socket.connect({asio::ip::address_v4::loopback(), port}, error);
        if (error) return std::this_thread::sleep_for(1ms);
        rtmp::ClientSession session(*rtmp::parse_client_url(url_of(port, client)),
                                    rtmp::ClientMode::publish, 1);
        Sink sink;
        std::array<std::uint8_t, 4096> buffer;
        bool counted = false;
        while (!error && !stop_ && !sink.over) {
            asio::write(socket, asio::buffer(session.output()), error);
            session.output().clear();
            if (sink.accepted) {
                if (!std::exchange(counted, true)) ++accepted_;
                session.keep_alive();
                std::this_thread::sleep_for(100us);
                continue;
            }
            auto const count = error ? 0 : socket.read_some(asio::buffer(buffer), error);
            if (!error && !session.feed({buffer.data(), count}, sink)) return;
        }
    }

    std::atomic<bool> stop_{false};
    std::atomic<int> accepted_{0};
    std::vector<std::thread> threads_;
};

config::mediamtx::Loaded settings(unsigned short port) {
    auto conf = config::mediamtx::parse(
        "rtsp: no\nhls: no\napi: no\nmetrics: no\nplayback: no\n"
        "rtmpAddress: 127.0.0.1:" +
            std::to_string(port) + "\npaths: {all_others: {}}",
        {});
    config::mediamtx::Loaded loaded;
    loaded.conf = std::move(*conf);
    return loaded;
}

TEST(Router, MayBeDestroyedWithoutStopWhileItsClientsTalk) {
    for (int i = 0; i < 5; ++i) {
        auto const port = free_port();
        asio::io_context control;
        std::optional<Crowd> crowd;  // outlives the router
        {
            Router router(control, settings(port), {}, {.threads = 3}, all_modules);
            auto const started = router.start();
            ASSERT_TRUE(started) << started.error();
            crowd.emplace(port, 6);
            ASSERT_TRUE(crowd->wait_accepted(6));
        }
    }
}

TEST(Router, MayBeDestroyedWhenItsStartHasFailed) {
    auto const port = free_port();
    asio::io_context control;
    tcp::acceptor const taken(control, {asio::ip::address_v4::loopback(), port});
    Router router(control, settings(port), {}, {.threads = 2}, all_modules);
    EXPECT_FALSE(router.start());
}

}  // namespace
}  // namespace tidegate::router
