// Threads for what blocks: reading and deleting files. A coroutine hands a job over and goes on
// when it is done, and its event loop does other things meanwhile. A disk that hangs delays only
// those who wait for these threads. Any thread may call run().
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace tidegate::net {

namespace asio = boost::asio;

class FileThreads {
public:
    // They are started with the first job.
    explicit FileThreads(std::size_t count) : count_(count) {}
    // Waits for the jobs that have begun. REQUIRES: the event loops of those who wait still exist.
    ~FileThreads() {
        if (pool_) pool_->join();
    }
    FileThreads(FileThreads const&) = delete;
    FileThreads& operator=(FileThreads const&) = delete;

    // Returns what job() returns, which must be default constructible; what it throws is passed on.
    // The coroutine is not cancelled before the job has ended. The job must own, or share, all that
    // it uses, unless the coroutine is always run to its end.
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&>> run(Job job) {
        using Result = std::invoke_result_t<Job&>;
        auto const work = [](Job todo) -> asio::awaitable<Result> { co_return todo(); };
        return asio::co_spawn(
            pool().get_executor(), work(std::move(job)),
            asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
    }

private:
    asio::thread_pool& pool() {
        std::scoped_lock const lock(mutex_);
        if (!pool_) pool_.emplace(count_);
        return *pool_;
    }

    std::size_t const count_;
    std::mutex mutex_;
    std::optional<asio::thread_pool> pool_;
};

}  // namespace tidegate::net
