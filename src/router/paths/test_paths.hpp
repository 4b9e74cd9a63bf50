// For tests of what publishes to paths and reads from them: paths on one event loop, and what the
// log says meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "router/paths/paths.hpp"

namespace tidegate::router {

struct EndReader final : Reader {
    bool offer(FanoutItem const&) override { return true; }
    void flush() override {}
    void stream_ended() override { ended = true; }
    bool ended = false;
};

class PathsTest : public testing::Test {
protected:
    asio::io_context io_{1};  // control and media alike
    Hooks hooks_{io_,
                 {"PATH=/usr/bin:/bin"},
                 HookTimes{std::chrono::milliseconds{300}, std::chrono::milliseconds{20}}};
    Paths paths_{hooks_, io_, {&io_}};
    std::vector<std::string> closed_;  // "<publisher>: <reason>"

    void TearDown() override {
        paths_.close_all();
        run_until([&] { return hooks_.running() == 0; });
    }

    void configure(std::string const& yaml) {
        auto const conf = config::mediamtx::parse(yaml, {});
        ASSERT_TRUE(conf.has_value()) << conf.error();
        paths_.apply(*conf);
    }
    PathMatch match(std::string const& name) { return *paths_.find(name); }

    Publisher publisher(std::string const& id, std::string const& query = "") {
        return {{"rtmpConn", id}, query, "[" + id + "]", [this, id](std::string const& reason) {
                    closed_.push_back(id + ": " + reason);
                }};
    }
    static media::Tracks tracks() {
        return {{media::H264Config{{0x67, 0x42, 0xc0, 0x1f}, {0x68, 0xce}}}};
    }
    auto try_publish(std::string const& name, std::string const& id) {
        return paths_.publish(name, match(name), publisher(id), tracks());
    }
    std::shared_ptr<Stream> publish(std::string const& name, std::string const& id) {
        auto stream = try_publish(name, id);
        EXPECT_TRUE(stream.has_value()) << stream.error();
        return *stream;
    }
    std::string refusal(std::string const& name, std::string const& id) {
        auto const stream = try_publish(name, id);
        return stream ? "accepted" : stream.error();
    }
    std::vector<std::string> names() {
        std::vector<std::string> names;
        paths_.each([&](PathFigures const& path) { names.push_back(path.name); });
        return names;
    }

    bool run_until(std::function<bool()> const& done,
                   std::chrono::milliseconds deadline = std::chrono::seconds{20}) {
        auto const end = std::chrono::steady_clock::now() + deadline;
        while (!done() && std::chrono::steady_clock::now() < end) {
            io_.restart();
            io_.run_for(std::chrono::milliseconds{2});
        }
        return done();
    }

    // The messages that `act` logs, in order.
    static std::vector<std::string> logged(std::function<void()> const& act) {
        testing::internal::CaptureStdout();
        act();
        std::istringstream lines(testing::internal::GetCapturedStdout());
        std::vector<std::string> messages;
        for (std::string line; std::getline(lines, line);) {
            messages.emplace_back(boost::json::parse(line).at("msg").as_string());
        }
        return messages;
    }
};

}  // namespace tidegate::router
