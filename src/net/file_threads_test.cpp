#include "net/file_threads.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <stdexcept>
#include <string>

#include "net/first_of.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;

// Where a job stands still, as on a disk that hangs.
struct Gate {
    std::promise<void> reached{}, opened{}, passed{};
    std::shared_future<void> open = opened.get_future().share();
};

class FileThreadsTest : public testing::Test {
protected:
    // What became of a job: its result, or the text of what was thrown.
    template <class Job>
    std::string outcome_of(FileThreads& threads, Job job, bool brief = false) {
        std::string outcome;
        asio::co_spawn(io_, brief ? threads.run_brief(std::move(job)) : threads.run(std::move(job)),
                       [&](std::exception_ptr const& failure, std::string result) {
                           outcome = failure ? what_of(failure) : std::move(result);
                       });
        io_.restart();
        io_.run();
        return outcome;
    }

    // Waits for a job that stands at the gate, until something else has ended. True: that was
    // first.
    bool leaves_before(FileThreads& threads, std::shared_ptr<Gate> gate) {
        return leaves_before(threads, gate, [gate] {
            pass(*gate);
            return 1;
        });
    }
    template <class Job>
    bool leaves_before(FileThreads& threads, std::shared_ptr<Gate> gate, Job job) {
        auto const reached = [](std::shared_ptr<Gate> at) -> asio::awaitable<int> {
            auto const began = at->reached.get_future();
            while (began.wait_for(0s) != std::future_status::ready) co_await sleep_for(1ms);
            co_return 2;
        };
        bool left = false;
        asio::co_spawn(
            io_, first_of(threads.run(job), reached(gate)),
            [&](std::exception_ptr const&, auto const& ended) { left = ended.index() == 1; });
        io_.restart();
        io_.run();
        return left;
    }

    static void pass(Gate& gate) {
        gate.reached.set_value();
        gate.open.wait();
        gate.passed.set_value();
    }

    static std::string what_of(std::exception_ptr const& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (std::exception const& error) {
            return error.what();
        }
    }

    asio::io_context io_;
};

TEST_F(FileThreadsTest, ReturnsWhatTheJobReturnsOrThrows) {
    FileThreads threads(2);
    EXPECT_EQ(outcome_of(threads, [] { return std::string("read"); }), "read");
    EXPECT_EQ(outcome_of(threads, []() -> std::string { throw std::runtime_error("bug"); }), "bug");
    EXPECT_EQ(outcome_of(threads, [] { return std::string("again"); }), "again");
    EXPECT_TRUE(threads.end());
}

TEST_F(FileThreadsTest, WhoIsCancelledDoesNotWaitForTheJob) {
    auto const gate = std::make_shared<Gate>();
    FileThreads threads(1);
    EXPECT_TRUE(leaves_before(threads, gate));
    gate->opened.set_value();
    EXPECT_EQ(gate->passed.get_future().wait_for(60s), std::future_status::ready);
    EXPECT_EQ(outcome_of(threads, [] { return std::string("the next one"); }), "the next one");
}

TEST_F(FileThreadsTest, BriefJobsDoNotWaitForLengthyOnes) {
    auto const gate = std::make_shared<Gate>();
    FileThreads threads(2);
    EXPECT_TRUE(leaves_before(threads, gate));
    // It waits for the first one, though a thread is free.
    std::atomic<bool> second = false;
    asio::io_context other;
    asio::co_spawn(other, threads.run([&second] {
        second = true;
        return 1;
    }),
                   [](std::exception_ptr const&, int) {});
    other.poll();
    EXPECT_EQ(outcome_of(threads, [] { return std::string("brief"); }, true), "brief");
    EXPECT_FALSE(second);
    gate->opened.set_value();
    other.restart();
    other.run();
    EXPECT_TRUE(second);
}

TEST_F(FileThreadsTest, AJobThatHangsDoesNotHangTheEnd) {
    auto const gate = std::make_shared<Gate>();
    auto const ran = std::make_shared<std::atomic<bool>>(false);
    {
        FileThreads threads(1);
        EXPECT_TRUE(leaves_before(threads, gate));
        // Behind the one that hangs, and nobody waits for it when its turn comes.
        asio::co_spawn(io_, threads.run([ran] {
            *ran = true;
            return 1;
        }),
                       [](std::exception_ptr const&, int) {});
        io_.restart();
        io_.poll();
        EXPECT_FALSE(threads.end());
    }
    gate->opened.set_value();
    EXPECT_EQ(gate->passed.get_future().wait_for(60s), std::future_status::ready);
    EXPECT_FALSE(*ran);
}

// As a file that is closed on a disk that hangs.
TEST_F(FileThreadsTest, AResultThatHangsDoesNotHangTheEnd) {
    auto const gate = std::make_shared<Gate>();
    auto const closing = std::make_shared<Gate>();
    {
        FileThreads threads(1);
        EXPECT_TRUE(leaves_before(threads, gate, [gate, closing] {
            pass(*gate);
            return std::shared_ptr<Gate>(closing.get(), [closing](Gate* at) { pass(*at); });
        }));
        gate->opened.set_value();
        EXPECT_EQ(closing->reached.get_future().wait_for(60s), std::future_status::ready);
        EXPECT_FALSE(threads.end());
    }
    closing->opened.set_value();
    EXPECT_EQ(closing->passed.get_future().wait_for(60s), std::future_status::ready);
}

}  // namespace
}  // namespace tidegate::net
