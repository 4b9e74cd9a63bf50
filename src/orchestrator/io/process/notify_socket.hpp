// The receiving end of sd_notify(3): one datagram socket for all workers, each told apart by the
// pid that the kernel attaches. The path stays the same across our restarts, so adopted workers are
// heard again. One event loop.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::orchestrator {

// What a datagram says; several may come in one.
struct Notification {
    bool ready = false;
    bool watchdog = false;
    std::optional<std::string> status;
    std::string trouble = {};  // X_DEGRADED=, our workers' own word beside STATUS=
    bool operator==(Notification const&) const = default;
};

// Pure. Unknown assignments are ignored, as the protocol wants it.
Notification parse_notification(std::string_view datagram);

// Longer datagrams are cut: a status line is far shorter.
inline constexpr std::size_t kMaxNotification = 4096;

class NotifySocket {
public:
    using OnNotification = std::function<void(pid_t, Notification const&)>;

    // Binds `path`, replacing a socket that is there. The error is a sentence.
    static std::expected<std::unique_ptr<NotifySocket>, std::string> open(
        boost::asio::io_context& io, std::string path, OnNotification on_notification);
    ~NotifySocket();
    NotifySocket(NotifySocket const&) = delete;
    NotifySocket& operator=(NotifySocket const&) = delete;

    std::string const& path() const { return path_; }

private:
    NotifySocket(boost::asio::io_context& io, std::string path, int descriptor,
                 OnNotification on_notification);
    void wait();
    bool receive_one();

    std::string const path_;
    OnNotification on_notification_;
    boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace tidegate::orchestrator
