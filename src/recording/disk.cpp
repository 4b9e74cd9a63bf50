#include "recording/disk.hpp"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/memory_pressure.hpp"

namespace tidegate::recording {

namespace fs = std::filesystem;

// What the threads share with each other and with the Disk. It lives as long as any of them.
class DiskThreads {
public:
    explicit DiskThreads(DiskLimits const& limits) : limits_(limits) {}

    bool submit(std::shared_ptr<Sink> const& sink, Piece&& piece);
    bool idle() const;
    void write_pieces();
    void finish_files();
    // The threads end when all is done; abandon() also ends the calls to whoever records.
    void end();
    void abandon();

private:
    using Lock = std::unique_lock<std::mutex>;
    struct Job {
        std::shared_ptr<Sink> sink;
        Piece piece;
    };
    struct Finished {
        std::shared_ptr<Sink> sink;
        SegmentFile file;
        base::Timestamp duration;
    };

    bool has_room(Sink const& sink, std::size_t bytes) const;
    void write(std::shared_ptr<Sink> const& sink, Piece const& piece);
    std::expected<void, std::string> append(Sink& sink, Piece const& piece);
    void close_file(std::shared_ptr<Sink> const& sink);
    void finish(Finished& finished);
    void fail(Sink& sink, std::string const& why);
    template <class Event, class... Arguments>
    void tell(Event const& event, Arguments const&... arguments);

    DiskLimits const limits_;
    mutable std::mutex mutex_;
    std::condition_variable pieces_changed_, files_changed_;
    // All below is guarded by mutex_.
    std::deque<Job> jobs_;
    std::deque<Finished> finished_;
    std::size_t waiting_bytes_ = 0;
    std::size_t busy_ = 0;  // threads that work
    bool ends_ = false;
    bool writer_ended_ = false;

    std::mutex calls_mutex_;
    bool abandoned_ = false;  // guarded by calls_mutex_
};

template <class Event, class... Arguments>
void DiskThreads::tell(Event const& event, Arguments const&... arguments) {
    std::lock_guard const lock(calls_mutex_);
    if (!abandoned_ && event) event(arguments...);
}

bool DiskThreads::has_room(Sink const& sink, std::size_t bytes) const {
    auto const waiting = sink.counters_->waiting.load(std::memory_order_relaxed);
    if (bytes == 0 || waiting == 0) return true;
    auto const of_one =
        base::memory_is_short() ? base::kMaxPeerBytesWhenShort : limits_.waiting_of_one;
    return waiting + bytes <= of_one && waiting_bytes_ + bytes <= limits_.waiting;
}

bool DiskThreads::submit(std::shared_ptr<Sink> const& sink, Piece&& piece) {
    {
        Lock const lock(mutex_);
        auto const bytes = static_cast<std::size_t>(piece.bytes.size);
        if (!has_room(*sink, bytes)) return false;
        sink->counters_->waiting.fetch_add(bytes, std::memory_order_relaxed);
        waiting_bytes_ += bytes;
        jobs_.push_back({sink, std::move(piece)});
    }
    pieces_changed_.notify_one();
    return true;
}

bool DiskThreads::idle() const {
    Lock const lock(mutex_);
    return jobs_.empty() && finished_.empty() && busy_ == 0;
}

void DiskThreads::end() {
    {
        Lock const lock(mutex_);
        ends_ = true;
    }
    pieces_changed_.notify_one();
}

void DiskThreads::abandon() {
    std::lock_guard const lock(calls_mutex_);
    abandoned_ = true;
}

void DiskThreads::write_pieces() {
    Lock lock(mutex_);
    while (true) {
        pieces_changed_.wait(lock, [this] { return ends_ || !jobs_.empty(); });
        if (jobs_.empty()) break;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        ++busy_;
        lock.unlock();
        write(job.sink, job.piece);
        auto const bytes = static_cast<std::size_t>(job.piece.bytes.size);
        lock.lock();
        --busy_;
        job.sink->counters_->waiting.fetch_sub(bytes, std::memory_order_relaxed);
        waiting_bytes_ -= bytes;
        // Neither the media nor a file of the sink is let go of with the lock.
        lock.unlock();
        job = {};
        lock.lock();
    }
    writer_ended_ = true;
    files_changed_.notify_one();
}

void DiskThreads::write(std::shared_ptr<Sink> const& sink, Piece const& piece) {
    if (sink->broken()) {
        sink->counters_->lose(piece);
        return close_file(sink);
    }
    if (auto appended = append(*sink, piece); !appended) {
        sink->counters_->lose(piece);
        close_file(sink);
        return fail(*sink, appended.error());
    }
    if (piece.ends) close_file(sink);
}

std::expected<void, std::string> DiskThreads::append(Sink& sink, Piece const& piece) {
    auto& file = sink.file_;
    if (piece.begins) {
        auto const& [names, format, path_name] = sink.settings_;
        FileTime const first{std::chrono::floor<std::chrono::microseconds>(*piece.begins)};
        auto made = SegmentFile::create(names, format, path_name, first);
        if (!made) return std::unexpected(std::move(made.error()));
        file.emplace(std::move(*made));
    }
    if (!file || piece.bytes.parts.empty()) return {};
    if (auto written = file->write(piece.bytes); !written) return written;
    sink.reached_ = piece.reached;
    sink.counters_->bytes.fetch_add(piece.bytes.size, std::memory_order_relaxed);
    if (!piece.begins) return {};
    sink.counters_->segments.fetch_add(1, std::memory_order_relaxed);
    tell(sink.events_.created, file->name());
    return {};
}

void DiskThreads::close_file(std::shared_ptr<Sink> const& sink) {
    if (!sink->file_) return;
    Finished finished{sink, std::move(*sink->file_), sink->reached_};
    sink->file_.reset();
    std::error_code ignored;
    if (finished.file.size() == 0 || !fs::exists(finished.file.name(), ignored)) return;
    {
        Lock const lock(mutex_);
        if (finished_.size() < kMaxUnfinished) {
            finished_.push_back(std::move(finished));
            files_changed_.notify_one();
            return;
        }
    }
    finish(finished);
}

void DiskThreads::finish_files() {
    Lock lock(mutex_);
    while (true) {
        files_changed_.wait(lock, [this] { return writer_ended_ || !finished_.empty(); });
        if (finished_.empty()) return;
        std::optional<Finished> finished(std::move(finished_.front()));
        finished_.pop_front();
        ++busy_;
        lock.unlock();
        finish(finished.value());
        finished.reset();  // to close a file may take long, too
        lock.lock();
        --busy_;
    }
}

void DiskThreads::finish(Finished& finished) {
    auto const done = finished.file.finish(finished.duration);
    if (!done) return fail(*finished.sink, done.error());
    tell(finished.sink->events_.completed, finished.file.name(), finished.duration);
}

void DiskThreads::fail(Sink& sink, std::string const& why) {
    sink.counters_->errors.fetch_add(1, std::memory_order_relaxed);
    if (!sink.broken_.exchange(true)) tell(sink.events_.failed, why);
}

Disk::Disk(DiskLimits const& limits) : shared_(std::make_shared<DiskThreads>(limits)) {
    start("disk-write", &DiskThreads::write_pieces);
    start("disk-finish", &DiskThreads::finish_files);
}

void Disk::start(char const* name, void (DiskThreads::*run)()) {
    threads_.emplace_back([shared = shared_, run] {
        // Signals are for the program's own threads. Blocked here, the one of a file that would be
        // too large becomes a plain error, too.
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        ((*shared).*run)();
    });
    ::pthread_setname_np(threads_.back().native_handle(), name);
}

Disk::~Disk() {
    shared_->abandon();
    shared_->end();
    bool const hangs = !shared_->idle();
    for (auto& thread : threads_) {
        if (hangs) {
            thread.detach();
        } else {
            thread.join();
        }
    }
}

bool Disk::submit(std::shared_ptr<Sink> const& sink, Piece&& piece) {
    return shared_->submit(sink, std::move(piece));
}

bool Disk::idle() const {
    return shared_->idle();
}

}  // namespace tidegate::recording
