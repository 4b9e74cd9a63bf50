#include "net/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tidegate::net {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

// A file is read when its writer has closed it, not while it writes. Creation tells of new links.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM;

fs::path resolved(fs::path const& path) {
    std::error_code error;
    auto target = fs::canonical(path, error);
    return error ? fs::path() : target;
}

class Watch {
public:
    Watch(asio::any_io_executor const& executor, fs::path file)
        : file_(std::move(file)), target_(resolved(file_)), inotify_(executor) {
        int const descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (descriptor < 0) {
            fail("inotify_init1");
            return;
        }
        inotify_.assign(descriptor);
        if (::inotify_add_watch(descriptor, file_.parent_path().c_str(), kEvents) < 0) {
            fail("inotify_add_watch " + file_.parent_path().string());
        }
    }

    // Why changes are not noticed; empty: they are.
    std::string const& problem() const { return problem_; }

    // The error: cancelled.
    asio::awaitable<boost::system::error_code> wait() {
        boost::system::error_code error;
        co_await inotify_.async_wait(asio::posix::stream_descriptor::wait_read,
                                     asio::redirect_error(asio::use_awaitable, error));
        co_return error;
    }

    // Whether what has happened since the last call changed the file.
    bool changed() {
        bool any = false;
        alignas(inotify_event) char buffer[16 * 1024];
        for (;;) {
            auto const size = ::read(inotify_.native_handle(), buffer, sizeof buffer);
            if (size <= 0) return any;
            for (char const* at = buffer; at < buffer + size;) {
                auto const& event = *reinterpret_cast<inotify_event const*>(at);
                any = concerns_file(event) || any;
                at += sizeof event + event.len;
            }
        }
    }

private:
    void fail(std::string const& what) { problem_ = what + ": " + std::strerror(errno); }

    bool concerns_file(inotify_event const& event) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
        auto const path = file_.parent_path() / (event.len != 0 ? event.name : "");
        std::error_code ignored;
        // A new file is empty until its writer closes it.
        if ((event.mask & IN_CREATE) != 0 && !fs::is_symlink(path, ignored)) return false;
        auto const before = std::exchange(target_, resolved(file_));
        if (target_.empty()) return false;
        if (target_ != before) return true;
        bool const gone = (event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
        return !gone && resolved(path) == target_;
    }

    fs::path const file_;
    fs::path target_;  // what the file resolves to; empty: it is not there
    asio::posix::stream_descriptor inotify_;
    std::string problem_;
};

}  // namespace

asio::awaitable<void> watch_file(std::string file, std::function<void()> on_change,
                                 std::function<void(std::string const&)> on_failure) {
    auto const executor = co_await asio::this_coro::executor;
    Watch watch(executor, fs::absolute(file));
    asio::steady_timer timer(executor);
    auto earliest = steady_clock::now();
    if (!watch.problem().empty()) co_return on_failure(watch.problem());
    while (true) {
        if (co_await watch.wait()) co_return;
        if (!watch.changed()) continue;
        do {
            timer.expires_at(std::max(steady_clock::now() + kSettleTime, earliest));
            boost::system::error_code cancelled;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
            if (cancelled) co_return;
        } while (watch.changed());
        earliest = steady_clock::now() + kMinInterval;
        on_change();
    }
}

}  // namespace tidegate::net
