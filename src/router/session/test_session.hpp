// For tests of sessions: everything that a session works with, real, on one event loop, and
// connected loopback sockets.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <utility>

#include "net/event_loop.hpp"
#include "router/paths/publication.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/paths/test_paths.hpp"
#include "router/session/services.hpp"

namespace tidegate::router {

class SessionTest : public PathsTest {
protected:
    using tcp = asio::ip::tcp;

    // The YAML is the whole configuration.
    void configure_all(std::string const& yaml) {
        auto conf = config::mediamtx::parse(yaml, {});
        ASSERT_TRUE(conf.has_value()) << conf.error();
        paths_.apply(*conf);
        ASSERT_TRUE(access_.configure(conf->global).has_value());
        config_.set(std::make_shared<config::mediamtx::Conf const>(std::move(*conf)));
    }
    void TearDown() override {
        loop_.tasks().stop();
        EXPECT_TRUE(run_until([&] { return loop_.tasks().size() == 0; }));
        loop_.stop();
        PathsTest::TearDown();
    }
    void spawn(std::string name, asio::awaitable<void> task) {
        loop_.tasks().spawn(std::move(name), std::move(task));
    }
    // The client's end and the server's.
    std::pair<tcp::socket, tcp::socket> connected() {
        tcp::acceptor acceptor(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        tcp::socket client(io_);
        client.connect(acceptor.local_endpoint());
        return {std::move(client), acceptor.accept()};
    }

    static media::Tracks picture_and_sound() {
        return {{media::H264Config{{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe9, 0xa8},
                                   {0x68, 0xce, 0x3c, 0x80}}},
                {media::AacConfig{{0x12, 0x10}, 44100, 2}}};
    }
    // A picture of one slice, or a sound, in which `mark` stands.
    static media::Unit unit(std::uint16_t track, std::chrono::milliseconds at, std::uint8_t mark,
                            bool keyframe = true) {
        base::Bytes const picture{0,    0,    0,   4, std::uint8_t(keyframe ? 0x65 : 0x41),
                                  0x88, 0x84, mark};
        base::Bytes const sound{0x21, 0x10, mark};
        return {.track = track,
                .keyframe = keyframe || track == 1,
                .pts = at,
                .dts = at,
                .payload = base::SharedBytes::copy_of(track == 0 ? picture : sound)};
    }
    Publication begin(std::string const& path) {
        auto begun =
            Publication::begin(paths_, path, match(path), publisher("P"), picture_and_sound());
        EXPECT_TRUE(begun.has_value()) << begun.error();
        return std::move(*begun);
    }
    std::size_t readers_of(std::string const& path) const {
        auto const shown = paths_.snapshot(path);
        return shown && shown->readers ? shown->readers->size() : 0;
    }

    static std::unique_ptr<net::EventLoop> make_loop(asio::io_context& io) {
        return std::make_unique<net::EventLoop>(
            io, 0, [](std::string const& name, std::string const& what) {
                ADD_FAILURE() << name << ": " << what;
            });
    }

    std::array<std::unique_ptr<net::EventLoop>, 1> loops_{make_loop(io_)};
    net::EventLoop& loop_ = *loops_.front();
    ConfigStore config_{std::make_shared<config::mediamtx::Conf const>()};
    AccessControl access_{io_};
    net::FileThreads files_{1};
    Services services_{io_, loops_, loop_, paths_, hooks_, config_, access_, files_};
};

// Reads a path's stream as units: what a publisher's bytes have become.
class UnitReader final : public Reader {
public:
    explicit UnitReader(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {
        stream_->outlet(0)->add(*this);
    }
    ~UnitReader() override { stream_->outlet(0)->remove(*this); }
    bool offer(FanoutItem const& item) override {
        items.push_back(item);
        return true;
    }
    void flush() override {}
    void stream_ended() override { ended = true; }

    std::vector<FanoutItem> items;
    bool ended = false;

private:
    std::shared_ptr<Stream> stream_;
};

}  // namespace tidegate::router
