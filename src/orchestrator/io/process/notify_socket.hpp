// Receives what workers report by systemd's sd_notify(3) protocol: one datagram socket for all
// workers. The kernel attaches the sender's process id to each datagram. The socket's path is the
// same after a restart of media-service, so adopted workers reach the new service. One event loop.
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
#include <vector>

namespace tidegate::orchestrator {

// What one datagram says; it may say several things.
struct Notification {
    bool ready = false;                 // READY=1
    bool watchdog = false;              // WATCHDOG=1
    std::optional<std::string> status;  // STATUS=...; nullopt: it has none
    std::string trouble = {};  // X_DEGRADED=..., which our workers send together with STATUS=
    std::string figures = {};  // X_FIGURES=..., likewise (core/worker_figures.hpp)
    // X_DUB=... and X_DUB_CAPTION=..., each as often as it comes, up to kMaxDubLines
    // (core/dub_report.hpp).
    std::vector<std::string> dubs = {}, captions = {};
    std::string holding = {};  // X_HOLDING=..., together with STATUS=
    std::string forward = {};  // X_FORWARD=... (core/forward_report.hpp)
    bool operator==(Notification const&) const = default;
};

// Ignores assignments that it does not know, as the protocol demands. Pure.
Notification parse_notification(std::string_view datagram);

// Bytes of a datagram that are read. A status line is far shorter; the report of a dub and what was
// said in a fragment have up to some thousand.
inline constexpr std::size_t kMaxNotification = std::size_t{16} * 1024;
// Lines of one kind in a datagram: a stream has few languages, and a fragment is told when it ends.
inline constexpr std::size_t kMaxDubLines = 16;

class NotifySocket {
public:
    using OnNotification = std::function<void(pid_t sender, Notification const&)>;

    // Binds the socket to `path`, in place of an older socket there. The error is a sentence.
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
