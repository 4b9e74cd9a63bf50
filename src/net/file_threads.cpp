#include "net/file_threads.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>

namespace tidegate::net {

class FileThreads::Shared {
public:
    struct Job {
        Kind kind;
        std::function<void()> work;
        asio::any_io_executor loop;
        std::weak_ptr<Bell> bell;
    };

    explicit Shared(std::size_t threads) : most_lengthy_(std::max<std::size_t>(threads / 2, 1)) {}

    void submit(Job job) {
        {
            std::lock_guard const lock(mutex_);
            (job.kind == Kind::brief ? brief_ : lengthy_).push_back(std::move(job));
        }
        changed_.notify_one();
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return ends_ || may_begin_lengthy() || !brief_.empty(); });
            if (ends_) break;
            auto job = take();
            auto& running = job.kind == Kind::brief ? running_brief_ : running_lengthy_;
            ++running;
            lock.unlock();
            job.work();
            lock.lock();
            if (!ends_) ring(job);
            // Frees a result that nobody waits for. It may be a file, and to close one may take
            // long, so this is done without the lock.
            lock.unlock();
            job = {};
            lock.lock();
            --running;
        }
        idle_.notify_all();
    }

    // Whether all jobs have ended in time.
    bool end() {
        std::unique_lock lock(mutex_);
        ends_ = true;
        auto const dropped = std::pair(std::exchange(lengthy_, {}), std::exchange(brief_, {}));
        changed_.notify_all();
        return idle_.wait_for(lock, kFileThreadsGrace,
                              [this] { return running_lengthy_ + running_brief_ == 0; });
    }

private:
    bool may_begin_lengthy() const { return !lengthy_.empty() && running_lengthy_ < most_lengthy_; }

    Job take() {
        auto& jobs = may_begin_lengthy() ? lengthy_ : brief_;
        auto job = std::move(jobs.front());
        jobs.pop_front();
        return job;
    }

    // With the lock, so that nobody is told after end().
    static void ring(Job const& job) {
        asio::post(job.loop, [weak = job.bell] {
            if (auto const bell = weak.lock()) bell->cancel();
        });
    }

    std::size_t const most_lengthy_;
    std::mutex mutex_;
    std::condition_variable changed_, idle_;
    // All below is guarded by mutex_.
    std::deque<Job> lengthy_, brief_;
    std::size_t running_lengthy_ = 0, running_brief_ = 0;
    bool ends_ = false;
};

FileThreads::FileThreads(std::size_t count)
    : count_(count), shared_(std::make_shared<Shared>(count)) {}

FileThreads::~FileThreads() {
    end();
}

bool FileThreads::end() {
    if (threads_.empty()) return true;
    bool const ended = shared_->end();
    for (auto& thread : std::exchange(threads_, {})) ended ? thread.join() : thread.detach();
    return ended;
}

void FileThreads::submit(Kind kind, std::function<void()> job, asio::any_io_executor loop,
                         std::weak_ptr<Bell> bell) {
    {
        std::lock_guard const lock(start_mutex_);
        while (threads_.size() < count_) {
            threads_.emplace_back([shared = shared_] {
                // Signals are for the program's own threads.
                sigset_t all;
                ::sigfillset(&all);
                ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
                shared->work();
            });
            ::pthread_setname_np(threads_.back().native_handle(), "files");
        }
    }
    shared_->submit({kind, std::move(job), std::move(loop), std::move(bell)});
}

}  // namespace tidegate::net
