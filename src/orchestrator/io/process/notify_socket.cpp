#include "orchestrator/io/process/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tidegate::orchestrator {

namespace {

std::string last_error(std::string const& path) {
    return "notify socket " + path + ": " + std::strerror(errno);
}

// The sender, as the kernel tells it; nullopt: the datagram has no credentials.
std::optional<pid_t> sender_of(msghdr& message) {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
        ucred credentials{};
        std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
        return credentials.pid;
    }
    return std::nullopt;
}

void keep(std::vector<std::string>& lines, std::string_view line) {
    if (lines.size() < kMaxDubLines) lines.emplace_back(line);
}

}  // namespace

Notification parse_notification(std::string_view datagram) {
    Notification notification;
    while (!datagram.empty()) {
        auto const line = datagram.substr(0, datagram.find('\n'));
        datagram.remove_prefix(std::min(datagram.size(), line.size() + 1));
        if (line == "READY=1") notification.ready = true;
        if (line == "WATCHDOG=1") notification.watchdog = true;
        if (line.starts_with("STATUS=")) notification.status = line.substr(7);
        if (line.starts_with("X_DEGRADED=")) notification.trouble = line.substr(11);
        if (line.starts_with("X_HOLDING=")) notification.holding = line.substr(10);
        if (line.starts_with("X_FIGURES=")) notification.figures = line.substr(10);
        if (line.starts_with("X_FORWARD=")) notification.forward = line.substr(10);
        if (line.starts_with("X_DUB=")) keep(notification.dubs, line.substr(6));
        if (line.starts_with("X_DUB_CAPTION=")) keep(notification.captions, line.substr(14));
    }
    return notification;
}

std::expected<std::unique_ptr<NotifySocket>, std::string> NotifySocket::open(
    boost::asio::io_context& io, std::string path, OnNotification on_notification) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) {
        return std::unexpected("notify socket " + path + ": the path is longer than " +
                               std::to_string(sizeof address.sun_path - 1) + " bytes");
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    int const descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return std::unexpected(last_error(path));
    std::unique_ptr<NotifySocket> socket(
        new NotifySocket(io, path, descriptor, std::move(on_notification)));
    ::unlink(path.c_str());
    int const on = 1;
    if (::bind(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
        ::setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
        return std::unexpected(last_error(path));
    }
    socket->wait();
    return socket;
}

NotifySocket::NotifySocket(boost::asio::io_context& io, std::string path, int descriptor,
                           OnNotification on_notification)
    : path_(std::move(path)),
      on_notification_(std::move(on_notification)),
      descriptor_(io, descriptor) {}

// The socket's file stays in the directory: workers that outlive us keep sending to it, and the
// next service replaces it.
NotifySocket::~NotifySocket() = default;

void NotifySocket::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](boost::system::error_code error) {
                               if (error) return;  // closed: we may be gone
                               while (receive_one()) {
                               }
                               wait();
                           });
}

bool NotifySocket::receive_one() {
    std::array<char, kMaxNotification> buffer;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec slice{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &slice;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto const count = ::recvmsg(descriptor_.native_handle(), &message, MSG_DONTWAIT);
    if (count < 0) return errno == EINTR;
    if (auto const sender = sender_of(message)) {
        on_notification_(*sender,
                         parse_notification({buffer.data(), static_cast<std::size_t>(count)}));
    }
    return true;
}

}  // namespace tidegate::orchestrator
