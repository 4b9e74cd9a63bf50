#include "log/writer.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace tidegate::log {
namespace {

// Signals are for the program's own threads; blocked here, SIGPIPE also becomes a plain EPIPE.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(SignalsBlocked const&) = delete;
    SignalsBlocked& operator=(SignalsBlocked const&) = delete;

private:
    sigset_t before_{};
};

// False: nobody can read it any more, the rest is lost.
bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        auto const written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {  // somebody made our stdout non-blocking
            pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
            ::poll(&wanted, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

struct Writer::Shared {
    Shared(int descriptor, Bounds limits, ReportDropped report)
        : bounds(limits), report_dropped(std::move(report)), fd(descriptor) {}
    ~Shared() {
        for (auto const& before : replaced) before.close();
        if (owned) ::close(fd);
    }

    bool fits(std::size_t bytes) const {
        return lines < bounds.lines && pending.size() + bytes <= bounds.bytes;
    }
    void take(std::string& batch);

    // What still has to be written to a descriptor that another has replaced.
    struct Replaced {
        void close() const {
            if (owned) ::close(fd);
        }
        int fd;
        bool owned;
        std::string rest;
    };
    static void finish(std::vector<Replaced> const& replaced);

    Bounds const bounds;
    ReportDropped const report_dropped;

    std::mutex mutex;
    std::condition_variable wake;     // the writer: something to do
    std::condition_variable drained;  // stop(): the writer has ended
    // All below is guarded by the mutex; a descriptor is closed by the writer's thread.
    int fd;
    bool owned = false;
    std::vector<Replaced> replaced;
    std::string pending;
    std::size_t lines = 0;
    std::uint64_t dropped = 0;
    bool idle = false;    // the writer sleeps until it is woken
    bool urgent = false;  // the writer must not finish its batch interval
    bool stopping = false;
    bool ended = false;
};

void Writer::Shared::finish(std::vector<Replaced> const& replaced) {
    for (auto const& before : replaced) {
        write_all(before.fd, before.rest);
        before.close();
    }
}

void Writer::Shared::take(std::string& batch) {
    batch.clear();
    batch.swap(pending);
    lines = 0;
    urgent = false;
    if (auto const count = std::exchange(dropped, 0); count > 0) batch += report_dropped(count);
}

Writer::Writer(int fd, Bounds bounds, ReportDropped report_dropped)
    : shared_(std::make_shared<Shared>(fd, bounds, std::move(report_dropped))) {
    SignalsBlocked const blocked;  // inherited by the thread
    thread_ = std::thread([shared = shared_] { run(shared); });
}

Writer::~Writer() {
    stop();
}

void Writer::redirect(int fd) {
    std::unique_lock lock(shared_->mutex);
    auto& now = *shared_;
    now.replaced.push_back({now.fd, now.owned, std::exchange(now.pending, {})});
    now.lines = 0;
    now.fd = fd;
    now.owned = fd >= 0;
    if (now.ended) return Shared::finish(std::exchange(now.replaced, {}));
    lock.unlock();
    now.wake.notify_one();
}

void Writer::append(std::string_view line, Urgency urgency) {
    std::unique_lock lock(shared_->mutex);
    if (shared_->ended) {
        write_all(shared_->fd, line);
        return;
    }
    if (!shared_->fits(line.size())) {
        ++shared_->dropped;
        return;
    }
    shared_->pending += line;
    ++shared_->lines;
    bool const hurry = urgency == Urgency::now || shared_->lines == shared_->bounds.lines / 2;
    shared_->urgent |= hurry;
    bool const wake = std::exchange(shared_->idle, false) || hurry;
    lock.unlock();
    if (wake) shared_->wake.notify_one();
}

void Writer::stop() {
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->wake.notify_one();
    bool const ended =
        shared_->drained.wait_for(lock, kStopDeadline, [this] { return shared_->ended; });
    lock.unlock();
    if (!thread_.joinable()) return;
    // A writer stuck in write(2) is left behind; it owns all that it touches.
    if (ended) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

void Writer::run(std::shared_ptr<Shared> const& shared) {
    std::string batch;
    std::unique_lock lock(shared->mutex);
    auto const has_work = [&shared] {
        return !shared->pending.empty() || shared->dropped > 0 || shared->stopping ||
               !shared->replaced.empty();
    };
    while (true) {
        if (!has_work()) {
            shared->idle = true;
            shared->wake.wait(lock, has_work);
            shared->idle = false;
        }
        shared->take(batch);
        auto const replaced = std::exchange(shared->replaced, {});
        if (batch.empty() && replaced.empty()) break;  // stopping, and nothing waits
        int const fd = shared->fd;                     // nobody but this thread closes it
        lock.unlock();
        Shared::finish(replaced);
        write_all(fd, batch);
        lock.lock();
        shared->wake.wait_for(lock, kBatchInterval,
                              [&shared] { return shared->urgent || shared->stopping; });
    }
    shared->ended = true;
    shared->drained.notify_all();
}

}  // namespace tidegate::log
