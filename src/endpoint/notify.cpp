#include "endpoint/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/number.hpp"

namespace tidegate::endpoint {

namespace {

std::optional<std::chrono::microseconds> read_watchdog() {
    char const* const text = std::getenv("WATCHDOG_USEC");
    if (text == nullptr) return std::nullopt;
    auto const value = base::parse_number<std::int64_t>(text);
    if (!value || *value <= 0) return std::nullopt;
    return std::chrono::microseconds{*value} / 2;
}

}  // namespace

Notify::Notify() : watchdog_(read_watchdog()) {
    char const* const name = std::getenv("NOTIFY_SOCKET");
    if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
    address_ = name;
    if (address_.size() < 2 || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
    if (address_[0] == '@') address_[0] = '\0';  // the abstract namespace
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

Notify::~Notify() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void Notify::ready(Told::Time now) {
    if (!told_.ready_at) told_.ready_at = now;
    send("READY=1");
}

void Notify::watchdog(Told::Time now) {
    told_.heartbeat_at = now;
    ++told_.heartbeats;
    send("WATCHDOG=1");
}

void Notify::stopping() {
    told_.stopping = true;
    send("STOPPING=1");
}

void Notify::status(Report const& report, std::vector<std::string> const& dubs,
                    std::string_view forward) {
    if (remembers_) {
        told_.text = report.text;
        told_.trouble = report.trouble;
        told_.holding = report.holding;
        told_.figures = report.figures;
        told_.dubs = dubs;
        told_.forward = forward;
    }
    if (descriptor_ < 0) return;
    std::string lines;
    auto const add = [&lines](std::string_view name, std::string_view text) {
        lines += lines.empty() ? name : "\n" + std::string(name);
        for (char const c : text) lines += c == '\n' ? ' ' : c;
    };
    add("STATUS=", report.text);
    // Names that begin with X_ are not the protocol's own.
    if (!report.trouble.empty()) add("X_DEGRADED=", report.trouble);
    if (!report.holding.empty()) add("X_HOLDING=", report.holding);
    if (!report.figures.empty()) add("X_FIGURES=", report.figures);
    for (auto const& dub : dubs) lines += "\nX_DUB=" + dub;
    if (!forward.empty()) lines += "\nX_FORWARD=";
    lines += forward;
    send(std::move(lines));
}

// Never waits: if nobody reads, reports are lost, and the worker goes on. Only READY=1 must not be
// lost, because nothing repeats it. The kernel keeps ten datagrams by default
// (net.unix.max_dgram_qlen), and the workers of a busy service can send more than that at once. A
// READY=1 that could not be sent is put in front of the next report.
void Notify::send(std::string message) const {
    if (descriptor_ < 0) return;
    bool const tells_ready = message == "READY=1";
    if (ready_unsent_ && !tells_ready) message.insert(0, "READY=1\n");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, address_.data(), address_.size());
    auto const size = offsetof(sockaddr_un, sun_path) + address_.size();
    bool const sent =
        ::sendto(descriptor_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<sockaddr const*>(&address), static_cast<socklen_t>(size)) >= 0;
    if (tells_ready || sent) ready_unsent_ = !sent;
}

}  // namespace tidegate::endpoint
