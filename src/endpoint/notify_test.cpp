#include "endpoint/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
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

// More than the longest queue that a kernel is configured with.
constexpr int kFillers = 20'000;

TEST(Notify, SaysOneThingADatagram) {
    NotifySocket supervisor;
    Notify notify;
    notify.ready();
    notify.watchdog();
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
    for (int i = 0; i < kFillers; ++i) notify.watchdog();
    notify.ready();
    notify.watchdog();  // finds the queue full as well
    while (!supervisor.read().empty()) {
    }
    notify.watchdog();
    EXPECT_EQ(supervisor.read(), "READY=1\nWATCHDOG=1");
    notify.watchdog();
    EXPECT_EQ(supervisor.read(), "WATCHDOG=1");
}

TEST(Notify, WithoutASupervisorNothingIsSaid) {
    ::unsetenv("NOTIFY_SOCKET");
    Notify notify;
    EXPECT_FALSE(notify.enabled());
    notify.ready();
}

}  // namespace
}  // namespace tidegate::endpoint
