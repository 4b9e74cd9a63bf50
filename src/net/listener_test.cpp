#include "net/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include <deque>
#include <vector>

#include "net/task_group.hpp"

// What the next calls fail with; 0: that one works. The kernel does not fail on demand.
static std::deque<int> accept_errors;  // NOLINT

// Takes libc's place in this program.
extern "C" int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
    int error = 0;
    if (!accept_errors.empty()) {
        error = accept_errors.front();
        accept_errors.pop_front();
    }
    if (error == 0) {
        return static_cast<int>(::syscall(SYS_accept4, socket, address, size, flags));
    }
    errno = error;
    return -1;
}

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;

tcp::endpoint loopback(unsigned short port = 0) {
    return {asio::ip::address_v4::loopback(), port};
}

// Runs the loop until done() or a generous deadline.
template <class Done>
bool run_until(asio::io_context& io, Done done) {
    auto const end = std::chrono::steady_clock::now() + 20s;
    io.restart();
    while (!done() && std::chrono::steady_clock::now() < end) io.run_one_for(100ms);
    return done();
}

TEST(Listener, AnExclusivePortIsRefusedTwice) {
    asio::io_context io;
    auto const first = open_acceptor(io, loopback(), PortSharing::exclusive);
    ASSERT_TRUE(first);
    auto const second = open_acceptor(io, first->local_endpoint(), PortSharing::exclusive);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), boost::system::errc::address_in_use);
}

TEST(Listener, ASharedPortTakesAnAcceptorPerLoop) {
    asio::io_context io;
    auto const first = open_acceptor(io, loopback(), PortSharing::shared);
    ASSERT_TRUE(first);
    EXPECT_TRUE(open_acceptor(io, first->local_endpoint(), PortSharing::shared));
}

TEST(Listener, DescriptorsDoNotReachChildren) {
    asio::io_context io;
    auto acceptor = open_acceptor(io, loopback(), PortSharing::exclusive);
    ASSERT_TRUE(acceptor);
    EXPECT_EQ(::fcntl(acceptor->native_handle(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(Listener, TheWildcardTakesIpv4ToADualStackSocket) {
    asio::io_context io;
    auto acceptor = open_acceptor(io, *parse_listen_address(":0"), PortSharing::exclusive);
    ASSERT_TRUE(acceptor);
    tcp::socket client(io);
    boost::system::error_code error;
    client.connect(loopback(acceptor->local_endpoint().port()), error);
    EXPECT_FALSE(error) << error.message();
}

struct Accepting {
    asio::io_context io;
    tcp::acceptor acceptor = *open_acceptor(io, loopback(), PortSharing::exclusive);
    std::vector<tcp::socket> sockets;
    std::vector<boost::system::error_code> errors;
    TaskGroup tasks{io, [](auto const&, auto const& what) { ADD_FAILURE() << what; }};

    Accepting() {
        tasks.spawn("accept",
                    accept_loop(
                        acceptor, [this](tcp::socket s) { sockets.push_back(std::move(s)); },
                        [this](auto const& error) { errors.push_back(error); }));
    }
};

TEST(Listener, HandsOverEveryConnectionReadyForUse) {
    Accepting test;
    std::vector<tcp::socket> clients;
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back(test.io);
        clients.back().connect(test.acceptor.local_endpoint());
    }
    ASSERT_TRUE(run_until(test.io, [&] { return test.sockets.size() == 20; }));
    tcp::no_delay no_delay;
    test.sockets[0].get_option(no_delay);
    EXPECT_TRUE(no_delay.value());
    EXPECT_EQ(::fcntl(test.sockets[0].native_handle(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    test.acceptor.close();
    EXPECT_TRUE(run_until(test.io, [&] { return test.tasks.size() == 0; }));
}

TEST(Listener, CancellingEndsTheLoop) {
    Accepting test;
    EXPECT_FALSE(test.io.poll() == 0);
    test.tasks.stop();
    EXPECT_TRUE(run_until(test.io, [&] { return test.tasks.size() == 0; }));
}

// accept(2): errors of the network wait on the new socket; a firewall and a busy kernel have more.
TEST(Listener, NoErrorOfAcceptEndsIt) {
    for (int const error :
         {ENOPROTOOPT,  EHOSTDOWN,   ENONET, EOPNOTSUPP,   ENETDOWN,        EPROTO,
          EHOSTUNREACH, ENETUNREACH, EPERM,  ECONNABORTED, EINTR,           EMFILE,
          ENFILE,       ENOBUFS,     ENOMEM, ENOSR,        ESOCKTNOSUPPORT, EPROTONOSUPPORT,
          ETIMEDOUT,    EIO,         EINVAL, EFAULT,       ENOSYS}) {
        Accepting test;
        accept_errors = {error};
        tcp::socket client(test.io);
        client.connect(test.acceptor.local_endpoint());
        EXPECT_TRUE(run_until(test.io, [&] { return test.sockets.size() == 1; })) << error;
        bool const silent = error == ECONNABORTED || error == EINTR;
        ASSERT_EQ(test.errors.size(), silent ? 0U : 1U) << error;
        if (!silent) EXPECT_EQ(test.errors[0].value(), error);
    }
}

TEST(Listener, AnErrorThatLastsIsToldOnceAndAnotherOneAtOnce) {
    Accepting test;
    accept_errors = {EPERM, EPERM, EPERM, ENETDOWN, ENETDOWN};
    tcp::socket client(test.io);
    client.connect(test.acceptor.local_endpoint());
    ASSERT_TRUE(run_until(test.io, [&] { return test.sockets.size() == 1; }));
    ASSERT_EQ(test.errors.size(), 2U);
    EXPECT_EQ(test.errors[0].value(), EPERM);
    EXPECT_EQ(test.errors[1].value(), ENETDOWN);
}

TEST(Listener, ShuttingItDownEndsItWithoutAWord) {
    Accepting test;
    test.io.poll();
    ::shutdown(test.acceptor.native_handle(), SHUT_RDWR);
    EXPECT_TRUE(run_until(test.io, [&] { return test.tasks.size() == 0; }));
    EXPECT_TRUE(test.errors.empty());
}

TEST(Listener, RunningOutOfDescriptorsPausesAndThenGoesOn) {
    Accepting test;
    tcp::socket client(test.io);
    client.connect(test.acceptor.local_endpoint());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 3;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    bool const told = run_until(test.io, [&] { return !test.errors.empty(); });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(told);
    EXPECT_EQ(test.errors[0], boost::system::errc::too_many_files_open);
    EXPECT_TRUE(run_until(test.io, [&] { return test.sockets.size() == 1; }));
}

}  // namespace
}  // namespace tidegate::net
