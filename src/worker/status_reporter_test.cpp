#include "worker/status_reporter.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace tidegate::worker {
namespace {

using std::chrono::milliseconds;

// What a supervisor listens on; the environment names it as long as this lives.
class Supervisor {
public:
    Supervisor() {
        path_ = std::filesystem::temp_directory_path() /
                ("reporter-test-" + std::to_string(::getpid()));
        std::filesystem::remove(path_);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path_.c_str());
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    }
    ~Supervisor() {
        ::close(socket_);
        std::filesystem::remove(path_);
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
    }
    // All that has come; a datagram to a local socket is there when sendto returns.
    std::vector<std::string> received() const {
        std::vector<std::string> messages;
        std::array<char, 4096> buffer;
        for (ssize_t size = 0; (size = ::recv(socket_, buffer.data(), buffer.size(), 0)) > 0;) {
            messages.emplace_back(buffer.data(), static_cast<std::size_t>(size));
        }
        return messages;
    }

private:
    std::filesystem::path path_;
    int socket_ = -1;
};

using Messages = std::vector<std::string>;

TEST(NotifyEnvironment, IgnoresNamesThatAreNoSockets) {
    for (auto const* const name : {"", "relative", "/", "@"}) {
        ::setenv("NOTIFY_SOCKET", name, 1);
        EXPECT_FALSE(Notify().enabled()) << name;
    }
    ::setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
    EXPECT_FALSE(Notify().enabled()) << "longer than a socket's name can be";
    ::unsetenv("NOTIFY_SOCKET");
}

TEST(NotifyEnvironment, TakesHalfTheWatchdogTime) {
    Supervisor const supervisor;
    EXPECT_FALSE(Notify().watchdog_interval());
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    EXPECT_EQ(Notify().watchdog_interval(), milliseconds{1500});
    for (auto const* const bad : {"", "-1", "0", "1s", "x"}) {
        ::setenv("WATCHDOG_USEC", bad, 1);
        EXPECT_FALSE(Notify().watchdog_interval()) << bad;
    }
}

media::Unit picture(int number) {
    media::Unit unit;
    unit.dts = unit.pts = milliseconds{33 * number};
    return unit;
}

TEST(StatusReporter, SaysWatchdogOnlyWhileUnitsGoOut) {
    Supervisor const supervisor;
    StatusReporter reporter;
    Statistics statistics;
    Situation const situation{.input_playing = true, .output_accepted = true, .tracks = "H264"};
    StatusReporter::Time now{std::chrono::seconds{1000}};
    auto const watchdogs = [&] {
        auto const messages = supervisor.received();
        return std::ranges::count(messages, std::string("WATCHDOG=1"));
    };
    reporter.tick(situation, statistics, now);
    EXPECT_EQ(watchdogs(), 0);
    statistics.count_in(picture(0), now);
    for (int i = 0; i < 4; ++i) {
        statistics.count_out(picture(i), media::Kind::video);
        reporter.tick(situation, statistics, now += kDefaultWatchdog);
        EXPECT_EQ(watchdogs(), 1);
    }
    reporter.tick(situation, statistics, now += 10 * kDefaultWatchdog);
    EXPECT_EQ(watchdogs(), 0) << "nothing has gone out since";
    statistics.count_out(picture(9), media::Kind::video);
    reporter.tick(situation, statistics, now += milliseconds{1});
    EXPECT_EQ(watchdogs(), 1);
    statistics.count_out(picture(10), media::Kind::video);
    reporter.tick(situation, statistics, now += milliseconds{1});
    EXPECT_EQ(watchdogs(), 0) << "not more often than asked for";
}

TEST(StatusReporter, StatusIsTrueFromTheFirstUnitAndEachSecond) {
    Supervisor const supervisor;
    StatusReporter reporter;
    Statistics statistics;
    Situation const situation{.input_playing = true, .output_accepted = true, .tracks = "H264"};
    StatusReporter::Time now{std::chrono::seconds{1000}};
    reporter.changed(situation, statistics, now);
    EXPECT_EQ(supervisor.received(),
              Messages{"STATUS=relaying H264: 0 units in, 0 out, 0 dropped, 0 reconnections"});
    statistics.count_in(picture(0), now);
    statistics.count_out(picture(0), media::Kind::video);
    reporter.tick(situation, statistics, now += milliseconds{100});
    EXPECT_EQ(supervisor.received().back(),
              "STATUS=relaying H264: 1 units in, 1 out, 0 dropped, 0 reconnections");
    statistics.count_out(picture(1), media::Kind::video);
    reporter.tick(situation, statistics, now += milliseconds{100});
    EXPECT_TRUE(supervisor.received().empty()) << "at most once a second";
    reporter.tick(situation, statistics, now += kStatusInterval);
    EXPECT_EQ(supervisor.received().back(),
              "STATUS=relaying H264: 1 units in, 2 out, 0 dropped, 0 reconnections\n"
              "X_FIGURES=fps-in=0.00 fps-out=1.67 av-offset-ms=0.0");
    reporter.tick(situation, statistics, now += kStatusInterval);
    EXPECT_EQ(supervisor.received().back(),
              "STATUS=relaying H264: 1 units in, 2 out, 0 dropped, 0 reconnections\n"
              "X_FIGURES=fps-in=0.00 fps-out=0.00 av-offset-ms=0.0")
        << "graphs show that media has stopped";
    reporter.tick(situation, statistics, now += kStatusInterval);
    EXPECT_TRUE(supervisor.received().empty()) << "only what has changed";
}

TEST(StatusReporter, EndsWithTheReason) {
    Supervisor const supervisor;
    StatusReporter reporter;
    reporter.accepted(StatusReporter::Time{});
    reporter.ending("the source has ended");
    EXPECT_EQ(supervisor.received(),
              (Messages{"READY=1", "STATUS=the source has ended", "STOPPING=1"}));
}

TEST(StatusReporter, TellsTheDubWhenItHasChangedAndWhatWasSaidAtOnce) {
    Supervisor const supervisor;
    StatusReporter reporter;
    DubStatus dub;
    dub.language = "es";
    Situation situation;
    situation.dubs = {&dub};
    Statistics const statistics;
    StatusReporter::Time now{std::chrono::hours{1}};
    reporter.changed(situation, statistics, now);
    reporter.changed(situation, statistics, now);
    dub.dubbed = true;
    reporter.changed(situation, statistics, now);
    reporter.said({.language = "es", .fragment = 3, .transcript = "hello"});
    auto const messages = supervisor.received();
    ASSERT_EQ(messages.size(), 3U) << "nothing is told twice";
    EXPECT_NE(messages[0].find("\nX_DUB={\"language\":\"es\",\"mode\":\"original\","),
              std::string::npos);
    EXPECT_NE(messages[1].find("\"mode\":\"dubbed\""), std::string::npos);
    EXPECT_TRUE(messages[2].starts_with("X_DUB_CAPTION={\"language\":\"es\",\"fragment\":3,"));
}

TEST(StatusLine, NamesWhatIsBeingDone) {
    Statistics statistics;
    statistics.reconnections = 2;
    auto const begins = [&](Situation const& situation, std::string const& text) {
        return status_line(situation, statistics).starts_with(text + ": 0 units in");
    };
    EXPECT_TRUE(begins({}, "connecting to the input"));
    EXPECT_TRUE(
        begins({.input_playing = true, .tracks = "AV"}, "connecting to the output, reading AV"));
    EXPECT_TRUE(
        begins({.input_playing = true, .output_accepted = true, .tracks = "AV"}, "relaying AV"));
    EXPECT_TRUE(begins({.input_playing = true,
                        .output_accepted = true,
                        .tracks = "AV",
                        .trouble = "no picture comes in"},
                       "relaying AV, but no picture comes in"));
    EXPECT_TRUE(begins({.output_accepted = true, .attempt = 2, .attempts = 3, .tracks = "AV"},
                       "input lost, reconnection 2 of 3"));
    EXPECT_TRUE(status_line({}, statistics).ends_with("2 reconnections"));
}

}  // namespace
}  // namespace tidegate::worker
