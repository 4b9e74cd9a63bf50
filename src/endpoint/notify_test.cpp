#include "endpoint/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

namespace tidegate::endpoint {
namespace {

// A supervisor's socket that is read only when the test says so.
class NotifySocket {
public:
    NotifySocket() : path_(testing::TempDir() + "notify-" + std::to_string(::getpid())) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.c_str(), path_.size());
        ::unlink(path_.c_str());
        EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    }
    ~NotifySocket() {
        ::close(descriptor_);
        ::unlink(path_.c_str());
        ::unsetenv("NOTIFY_SOCKET");
    }
    NotifySocket(NotifySocket const&) = delete;

    // "" when nothing waits.
    std::string read() {
        std::array<char, 512> buffer;
        auto const count = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return count < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(count));
    }

private:
    std::string path_;
    int descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
};

constexpr Told::Time kNow{std::chrono::hours{1}};

// More than the longest queue that a kernel is configured with.
constexpr int kFillers = 20'000;

TEST(Notify, SaysOneThingADatagram) {
    NotifySocket supervisor;
    Notify notify;
    notify.ready(kNow);
    notify.watchdog(kNow);
    notify.status({"two\nlines"});
    notify.status({"at work", "no\npicture", "gone\naway"});
    EXPECT_EQ(supervisor.read(), "READY=1");
    EXPECT_EQ(supervisor.read(), "WATCHDOG=1");
    EXPECT_EQ(supervisor.read(), "STATUS=two lines");
    EXPECT_EQ(supervisor.read(), "STATUS=at work\nX_DEGRADED=no picture\nX_HOLDING=gone away");
    EXPECT_EQ(supervisor.read(), "");
}

TEST(Notify, ReadyIsNotLostWhenTheSupervisorsQueueIsFull) {
    NotifySocket supervisor;
    Notify notify;
    for (int i = 0; i < kFillers; ++i) notify.watchdog(kNow);
    notify.ready(kNow);
    notify.watchdog(kNow);  // finds the queue full as well
    while (!supervisor.read().empty()) {
    }
    notify.watchdog(kNow);
    EXPECT_EQ(supervisor.read(), "READY=1\nWATCHDOG=1");
    notify.watchdog(kNow);
    EXPECT_EQ(supervisor.read(), "WATCHDOG=1");
}

TEST(Notify, WithoutASupervisorNothingIsSaid) {
    ::unsetenv("NOTIFY_SOCKET");
    Notify notify;
    EXPECT_FALSE(notify.enabled());
    notify.ready(kNow);
    notify.status({"at work"});
    EXPECT_EQ(notify.told().text, "") << "nobody has asked for it";
}

TEST(Notify, RemembersWhatItTellsForThoseWhoAsk) {
    NotifySocket supervisor;
    Notify notify;
    notify.remember();
    notify.status({"at work", "no picture", "gone", "fps-in=25.00"}, {R"({"language":"es"})"});
    notify.ready(kNow);
    notify.watchdog(kNow + std::chrono::seconds{1});
    EXPECT_EQ(supervisor.read(),
              "STATUS=at work\nX_DEGRADED=no picture\nX_HOLDING=gone\nX_FIGURES=fps-in=25.00\n"
              "X_DUB={\"language\":\"es\"}");
    EXPECT_EQ(to_json(notify.told(), {"demo", "", "run-1"}, kNow + std::chrono::seconds{3}),
              R"({"streamId":"demo","runId":"run-1","ready":true,"stopping":false,)"
              R"("hanging":false,"heartbeats":1,"heartbeatAgeMs":2000,"status":"at work",)"
              R"("degraded":"no picture","holding":"gone","figures":"fps-in=25.00",)"
              R"("dubs":[{"language":"es"}]})");
}

}  // namespace
}  // namespace tidegate::endpoint
