#include "net/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <stdexcept>
#include <vector>

#include "net/io_threads.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> sleep_long(asio::io_context& io, int& ended) {
    struct Count {
        int& n;
        ~Count() { ++n; }
    } const count{ended};
    asio::steady_timer timer(io, 1h);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> fail() {
    throw std::runtime_error("boom");
    co_return;
}

TEST(TaskGroup, NamesTheTaskThatEndedByAnException) {
    asio::io_context io;
    std::vector<std::string> told;
    TaskGroup group(
        io, [&](auto const& name, auto const& what) { told.push_back(name + ": " + what); });
    group.spawn("bad", fail());
    io.run();
    EXPECT_EQ(told, std::vector<std::string>{"bad: boom"});
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, StopEndsEveryTaskWithoutCallingThatAFailure) {
    asio::io_context io;
    int ended = 0;
    bool joined = false;
    TaskGroup group(io, [](auto const&, auto const& what) { ADD_FAILURE() << what; });
    for (int i = 0; i < 3; ++i) group.spawn("sleeper", sleep_long(io, ended));
    io.poll();
    EXPECT_EQ(group.size(), 3U);
    group.stop();
    asio::co_spawn(io, group.join(), [&](std::exception_ptr const&) { joined = true; });
    io.restart();
    io.run();
    EXPECT_EQ(ended, 3);
    EXPECT_TRUE(joined);
}

TEST(TaskGroup, StopReachesATaskThatHasNotStartedYet) {
    asio::io_context io;
    int ended = 0;
    TaskGroup group(io, [](auto const&, auto const& what) { ADD_FAILURE() << what; });
    group.spawn("sleeper", sleep_long(io, ended));
    group.stop();
    io.run();
    EXPECT_EQ(group.size(), 0U);
}

TEST(TaskGroup, NothingStartsAfterStop) {
    asio::io_context io;
    TaskGroup group(io, [](auto const&, auto const& what) { ADD_FAILURE() << what; });
    group.stop();
    group.spawn("late", fail());
    EXPECT_EQ(group.size(), 0U);
    io.run();
}

TEST(TaskGroup, JoinOfAnEmptyGroupEndsAtOnce) {
    asio::io_context io;
    TaskGroup group(io, nullptr);
    bool joined = false;
    asio::co_spawn(io, group.join(), [&](std::exception_ptr const&) { joined = true; });
    io.run();
    EXPECT_TRUE(joined);
}

TEST(TaskGroup, MayDieBeforeItsTasksAndBeforeTheLoop) {
    int ended = 0;
    {
        asio::io_context io;
        {
            TaskGroup group(io, nullptr);
            group.spawn("sleeper", sleep_long(io, ended));
            io.poll();
        }
        io.restart();
        io.run();
        EXPECT_EQ(ended, 1);
        TaskGroup group(io, nullptr);
        group.spawn("sleeper", sleep_long(io, ended));
        io.restart();
        io.poll();
    }
    EXPECT_EQ(ended, 2);
}

TEST(IoThreads, EachLoopRunsOnItsOwnThread) {
    IoThreads threads("test", 2);
    std::vector<std::thread::id> ids;
    for (std::size_t i = 0; i < threads.size(); ++i) {
        std::promise<std::thread::id> id;
        asio::post(threads.at(i), [&] { id.set_value(std::this_thread::get_id()); });
        ids.push_back(id.get_future().get());
    }
    EXPECT_NE(ids[0], ids[1]);
    EXPECT_NE(ids[0], std::this_thread::get_id());
    threads.join();
}

TEST(IoThreads, JoinLetsTheWorkInHandFinish) {
    IoThreads threads("test", 1);
    int done = 0;
    for (int i = 0; i < 100; ++i) asio::post(threads.at(0), [&] { ++done; });
    threads.join();
    EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace tidegate::net
