#include "orchestrator/io/process/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cstring>
#include <vector>

#include "orchestrator/io/loop_test.hpp"

namespace tidegate::orchestrator {
namespace {

void send_to(std::string const& path, std::string_view text) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    int const fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<sockaddr const*>(&address),
             sizeof address);
    ::close(fd);
}

struct NotifySocketTest : LoopTest {
    std::vector<std::pair<pid_t, Notification>> got_;
    NotifySocket::OnNotification note_ = [this](pid_t pid, Notification const& notification) {
        got_.emplace_back(pid, notification);
    };
    std::string path(std::string const& name = "notify.sock") { return (dir_ / name).string(); }
};

TEST(Notification, IsReadLineByLine) {
    EXPECT_EQ(parse_notification("READY=1"), (Notification{true, false, std::nullopt}));
    EXPECT_EQ(parse_notification("WATCHDOG=1\n"), (Notification{false, true, std::nullopt}));
    EXPECT_EQ(parse_notification("READY=1\nSTATUS=a=b c\nWATCHDOG=1\nMAINPID=7"),
              (Notification{true, true, "a=b c"}));
    EXPECT_EQ(parse_notification("STATUS="), (Notification{false, false, ""}));
    EXPECT_EQ(parse_notification("STATUS=a\nX_DEGRADED=no picture"),
              (Notification{false, false, "a", "no picture"}));
    EXPECT_EQ(parse_notification("STATUS=a\nX_FIGURES=gop-s=2"),
              (Notification{false, false, "a", "", "gop-s=2"}));
    EXPECT_EQ(parse_notification("STATUS=a\nX_DUB={\"language\":\"es\"}\nX_DUB=2\nX_DUB_CAPTION=c"),
              (Notification{false, false, "a", "", "", {R"({"language":"es"})", "2"}, {"c"}}));
    Notification held{false, false, "a"};
    held.holding = "gone";
    EXPECT_EQ(parse_notification("STATUS=a\nX_HOLDING=gone"), held);
    for (auto const* const other : {"", "\n\n", "READY=0", "READY=11", " READY=1", "READY",
                                    "ready=1", "WATCHDOG=trigger", "XSTATUS=a"}) {
        EXPECT_EQ(parse_notification(other), Notification{}) << other;
    }
}

TEST_F(NotifySocketTest, TellsWhoSentEachMessage) {
    auto const socket = NotifySocket::open(io_, path(), note_);
    ASSERT_TRUE(socket) << socket.error();
    auto const child = ::fork();
    if (child == 0) {
        send_to(path(), "READY=1");
        ::_exit(0);
    }
    send_to(path(), "STATUS=from the parent");
    ASSERT_TRUE(run_until([&] { return got_.size() == 2; }));
    ::waitpid(child, nullptr, 0);
    for (auto const& [pid, notification] : got_) {
        EXPECT_EQ(pid, notification.ready ? child : ::getpid());
    }
}

TEST_F(NotifySocketTest, CutsWhatIsTooLongAndGoesOn) {
    auto const socket = NotifySocket::open(io_, path(), note_);
    ASSERT_TRUE(socket);
    send_to(path(), "READY=1\nSTATUS=" + std::string(100'000, 'x'));
    send_to(path(), std::string(50, '\0'));
    send_to(path(), "WATCHDOG=1");
    ASSERT_TRUE(run_until([&] { return got_.size() == 3; }));
    EXPECT_TRUE(got_[0].second.ready);
    EXPECT_EQ(got_[0].second.status.value_or("").size(),
              kMaxNotification - std::string_view("READY=1\nSTATUS=").size());
    EXPECT_EQ(got_[1].second, Notification{});
    EXPECT_TRUE(got_[2].second.watchdog);
}

TEST_F(NotifySocketTest, ReplacesTheSocketOfAnEarlierService) {
    {
        ASSERT_TRUE(NotifySocket::open(io_, path(), note_));
    }
    ASSERT_TRUE(std::filesystem::exists(path())) << "workers that live on keep sending to it";
    auto const second = NotifySocket::open(io_, path(), note_);
    ASSERT_TRUE(second) << second.error();
    send_to(path(), "READY=1");
    EXPECT_TRUE(run_until([&] { return got_.size() == 1; }));
}

TEST_F(NotifySocketTest, RefusesAPathThatNoSocketCanHave) {
    auto const long_path = NotifySocket::open(io_, path(std::string(120, 'n')), note_);
    ASSERT_FALSE(long_path);
    EXPECT_NE(long_path.error().find("longer than 107"), std::string::npos) << long_path.error();
    auto const nowhere = NotifySocket::open(io_, path("no/such/folder"), note_);
    ASSERT_FALSE(nowhere);
    EXPECT_NE(nowhere.error().find("No such file"), std::string::npos) << nowhere.error();
}

}  // namespace
}  // namespace tidegate::orchestrator
