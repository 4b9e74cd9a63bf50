// The module through real sockets: a player's dialogue, requests that wait, a publisher that comes
// back, and what ends a session.
#include "router/hls/module.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <optional>
#include <regex>

#include "router/session/test_services.hpp"
#include "router/session/test_session.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// One request on a connection of its own; the whole answer.
std::string get_answer(unsigned short port, std::string const& target) {
    using asio::ip::tcp;
    asio::io_context io;
    tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({asio::ip::address_v4::loopback(), port}, error);
    if (error) return "no connection";
    auto const request = "GET " + target + " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
    asio::write(socket, asio::buffer(request), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
}

struct HlsModuleTest : SessionTest {
    unsigned short port = free_port();
    std::optional<HlsModule> module;
    std::optional<Publication> publication;
    std::chrono::milliseconds at{0};  // of the next picture
    int pictures = 0;

    void start(std::string const& more = "") {
        configure_all("hlsAddress: 127.0.0.1:" + std::to_string(port) + "\n" + more +
                      "\npaths: {all_others: {}}");
        module.emplace(services_);
        auto const started = module->start(*config_.get());
        ASSERT_TRUE(started) << started.error();
    }
    void TearDown() override {
        publication.reset();
        if (module) stop();
        module.reset();
        SessionTest::TearDown();
    }
    void stop() {
        bool stopped = false;
        asio::co_spawn(io_, module->stop(), [&](std::exception_ptr) { stopped = true; });
        EXPECT_TRUE(run_until([&] { return stopped; }));
    }

    std::future<std::string> ask(std::string const& target) {
        return std::async(std::launch::async, get_answer, port, target);
    }
    static bool is_there(std::future<std::string> const& answer) {
        return answer.wait_for(0s) == std::future_status::ready;
    }
    std::string get(std::string const& target) {
        auto answer = ask(target);
        EXPECT_TRUE(run_until([&] { return is_there(answer); })) << target;
        return answer.get();
    }
    // Pictures of 30 frames a second with a key frame each second, so many.
    void play(int count) {
        for (int i = 0; i < count; ++i, at += 34ms) {
            publication->publish(unit(0, at, std::uint8_t(pictures), pictures % 30 == 0));
            publication->publish(unit(1, at, std::uint8_t(pictures)));
            ++pictures;
        }
    }
    void publish_path(std::string const& path) {
        publication.emplace(begin(path));
        pictures = 0;
    }
    // Begins a session and returns the URI of the picture's playlist.
    std::string begin_session(std::string const& path) {
        auto answer = ask("/" + path + "/index.m3u8?cookieCheck=1");
        EXPECT_TRUE(run_until([&] { return readers_of(path) != 0; }));
        play(70);
        EXPECT_TRUE(run_until([&] { return is_there(answer); }));
        auto const text = answer.get();
        std::smatch found;
        EXPECT_TRUE(std::regex_search(text, found, std::regex("video1_stream[^\\n]*"))) << text;
        return "/" + path + "/" + found.str();
    }
    std::size_t sessions() {
        auto const list = module->endpoints();
        for (auto const& endpoint : list) {
            if (endpoint.pattern != "/v3/hlssessions/list") continue;
            auto const text = endpoint.handle({}).value();
            return text.contains("\"itemCount\":0") ? 0 : 1;
        }
        return 99;
    }
};

TEST_F(HlsModuleTest, APlayersDialogue) {
    start();
    EXPECT_THAT(get("/a/index.m3u8?cookieCheck=1"), StartsWith("HTTP/1.1 404 "));
    publish_path("a");
    EXPECT_THAT(get("/a/index.m3u8"), HasSubstr("\r\nLocation: /a/index.m3u8?cookieCheck=1\r\n"));
    auto const playlist = begin_session("a");
    auto const media = get(playlist);
    EXPECT_THAT(media, StartsWith("HTTP/1.1 200 OK\r\n"));
    std::smatch part;
    ASSERT_TRUE(std::regex_search(media, part, std::regex("[0-9a-f]{12}_video1_part0[^\"]*")));
    EXPECT_THAT(get("/a/" + part.str()), HasSubstr("\r\nContent-Type: video/mp4\r\n"));
    EXPECT_THAT(get("/a/video1_stream.m3u8"), StartsWith("HTTP/1.1 401 "));
    EXPECT_EQ(readers_of("a"), 1U);
}

TEST_F(HlsModuleTest, ARequestWaitsForItsPart) {
    start();
    publish_path("a");
    auto const playlist = begin_session("a");
    auto waiting = ask(playlist + "&_HLS_msn=9");
    EXPECT_FALSE(run_until([&] { return is_there(waiting); }, 100ms));
    play(40);
    ASSERT_TRUE(run_until([&] { return is_there(waiting); }));
    EXPECT_THAT(waiting.get(), HasSubstr("_seg9.mp4"));
}

TEST_F(HlsModuleTest, ARequestThatIsNotFulfilledGetsThePlaylistAsItIs) {
    start();
    publish_path("a");
    auto const playlist = begin_session("a");
    auto const before = get(playlist);
    auto const answer = get(playlist + "&_HLS_msn=9");  // nothing is published meanwhile
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(answer.substr(answer.find("#EXTM3U")), before.substr(before.find("#EXTM3U")));
}

TEST_F(HlsModuleTest, AViewerSurvivesAPublisherThatComesBack) {
    start();
    publish_path("a");
    auto const playlist = begin_session("a");
    publication.reset();
    EXPECT_TRUE(run_until([&] { return readers_of("a") == 0; }));
    EXPECT_THAT(get(playlist), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(sessions(), 1U);
    publish_path("a");
    EXPECT_TRUE(run_until([&] { return readers_of("a") == 1; }));
    play(70);
    EXPECT_TRUE(run_until([&] { return get(playlist).contains("#EXT-X-DISCONTINUITY"); }));
}

TEST_F(HlsModuleTest, TheFirstUnitsAreShownHoweverSoonTheyCome) {
    start("hlsAlwaysRemux: yes");
    bool turned = false;
    asio::post(io_, [&] { turned = true; });
    EXPECT_TRUE(run_until([&] { return turned; })) << "the server watches from here on";
    publish_path("a");
    play(70);  // all of them before the loop has turned once
    auto answer = ask("/a/index.m3u8?cookieCheck=1");
    bool const shown = run_until([&] { return is_there(answer); });
    EXPECT_TRUE(shown);
    if (!shown) play(70);  // the request must not wait for ever
    EXPECT_TRUE(run_until([&] { return is_there(answer); }));
    EXPECT_THAT(answer.get(), HasSubstr("video1_stream"));
}

TEST_F(HlsModuleTest, TheEndOfTheServerAnswersThoseWhoWait) {
    start();
    publish_path("a");
    auto const playlist = begin_session("a");
    auto waiting = ask(playlist + "&_HLS_msn=9");
    EXPECT_FALSE(run_until([&] { return is_there(waiting); }, 100ms));
    stop();
    ASSERT_TRUE(run_until([&] { return is_there(waiting); }));
    EXPECT_THAT(waiting.get(), StartsWith("HTTP/1.1 500 "));
    EXPECT_EQ(readers_of("a"), 0U);
    EXPECT_EQ(get_answer(port, "/a/"), "no connection");
}

TEST_F(HlsModuleTest, AnUnusedMuxerGoesAndWithItItsSessions) {
    start("hlsMuxerCloseAfter: 1s");
    publish_path("a");
    auto const playlist = begin_session("a");
    EXPECT_TRUE(run_until([&] { return sessions() == 0; }));
    EXPECT_THAT(get(playlist), StartsWith("HTTP/1.1 401 "));
    EXPECT_EQ(readers_of("a"), 0U);
}

TEST_F(HlsModuleTest, EndsWithoutStopWhileOthersWait) {
    start();
    publish_path("a");
    auto const playlist = begin_session("a");
    auto waiting = ask(playlist + "&_HLS_msn=9");
    EXPECT_FALSE(run_until([&] { return is_there(waiting); }, 100ms));
    module->close_sessions();
    EXPECT_TRUE(run_until([&] { return is_there(waiting); }));
    EXPECT_THAT(waiting.get(), Not(HasSubstr("#EXTM3U")));
    run_until([] { return false; }, 100ms);  // as the router does: the loop first, then the module
}

}  // namespace
}  // namespace tidegate::router
