// Threads for what blocks: reading and deleting files. A coroutine hands a job over and goes on
// when it is done, and its event loop does other things meanwhile. A disk that hangs delays only
// those who wait for these threads, and keeps nobody from ending. At most half of the threads run
// long jobs, so that many who look through large folders do not make those wait who play a file.
// Any thread may call run().
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace tidegate::net {

namespace asio = boost::asio;

// How long the end waits for jobs that have begun. Those that take longer hang.
inline constexpr std::chrono::seconds kFileThreadsGrace{1};

class FileThreads {
public:
    // They are started with the first job.
    explicit FileThreads(std::size_t count);
    // Calls end().
    ~FileThreads();
    FileThreads(FileThreads const&) = delete;
    FileThreads& operator=(FileThreads const&) = delete;

    // Returns what job() returns; what it throws is passed on. When the coroutine is cancelled, it
    // ends at once, and the job goes on or never begins. So the job must own, or share, all that it
    // uses.
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&>> run(Job job) {
        return run(Kind::lengthy, std::move(job));
    }
    // The same for a job of some milliseconds.
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&>> run_brief(Job job) {
        return run(Kind::brief, std::move(job));
    }

    // Nobody is told of anything any more, and no further job begins. Waits for those that have
    // begun. False: they take longer than the grace, and their threads go on by themselves.
    // REQUIRES: the event loops of those who wait still exist.
    bool end();

private:
    enum class Kind : std::uint8_t { lengthy, brief };
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&>> run(Kind kind, Job job);

    class Shared;  // with the threads; lives as long as any of them
    // Lets a coroutine wait. On its event loop only.
    using Bell = asio::steady_timer;
    template <class Job>
    struct Order {
        explicit Order(Job given) : job(std::move(given)) {}
        void run() {
            try {
                if (wanted) result.emplace((*job)());
            } catch (...) {
                failure = std::current_exception();
            }
            job.reset();  // on this thread: what it owns may be files
            done = true;
        }
        std::optional<Job> job;
        std::optional<std::invoke_result_t<Job&>> result{};
        std::exception_ptr failure{};
        std::atomic<bool> done = false;
        std::atomic<bool> wanted = true;  // false: nobody waits any more
    };

    // Runs the job on a thread and rings, if the bell is still there.
    void submit(Kind kind, std::function<void()> job, asio::any_io_executor loop,
                std::weak_ptr<Bell> bell);

    std::size_t const count_;
    std::shared_ptr<Shared> const shared_;
    std::mutex start_mutex_;
    std::vector<std::thread> threads_;  // guarded by start_mutex_
};

template <class Job>
asio::awaitable<std::invoke_result_t<Job&>> FileThreads::run(Kind kind, Job job) {
    auto const loop = co_await asio::this_coro::executor;
    auto const order = std::make_shared<Order<Job>>(std::move(job));
    auto const bell = std::make_shared<Bell>(loop, Bell::time_point::max());
    struct Leaving {
        ~Leaving() { order.wanted = false; }
        Order<Job>& order;
    } const leaving{*order};
    submit(kind, [order] { order->run(); }, loop, bell);
    boost::system::error_code rung;
    co_await bell->async_wait(asio::redirect_error(asio::use_awaitable, rung));
    if (!order->done) throw boost::system::system_error(asio::error::operation_aborted);
    // The failure is moved out of the order, so that this coroutine frees it and the thread never
    // does. Its reference counter is in libstdc++, where ThreadSanitizer sees no synchronisation.
    if (order->failure) std::rethrow_exception(std::exchange(order->failure, nullptr));
    co_return std::move(*order->result);
}

}  // namespace tidegate::net
