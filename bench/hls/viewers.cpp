#include "hls/viewers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "hls/playlist_scan.hpp"

namespace tidegate::bench {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;

struct Received {
    ssize_t count;
    std::chrono::nanoseconds at;  // since 1970, when the kernel got the last of the bytes
};

Received receive(int fd, char* buffer, std::size_t size) {
    iovec bytes{buffer, size};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    Received received{::recvmsg(fd, &message, MSG_DONTWAIT), {}};
    auto const* const stamp = CMSG_FIRSTHDR(&message);
    if (received.count > 0 && stamp != nullptr && stamp->cmsg_type == SCM_TIMESTAMPNS) {
        timespec time{};
        std::memcpy(&time, CMSG_DATA(stamp), sizeof time);
        received.at = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    return received;
}
constexpr int kEventsPerTurn = 256;
constexpr int kTurnMilliseconds = 5;

double own_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval const& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Viewers::Viewers(ViewerSettings settings)
    : settings_(std::move(settings)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw std::runtime_error("epoll_create1");
}

Viewers::~Viewers() {
    for (auto const& line : lines_) {
        if (line->fd >= 0) ::close(line->fd);
    }
    ::close(epoll_);
}

bool Viewers::open(Line& line) {
    line.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(settings_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (line.fd < 0 ||
        ::connect(line.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        return false;
    }
    int const on = 1;
    ::setsockopt(line.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(line.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &line;
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, line.fd, &event) == 0;
}

void Viewers::begin_line(bool sound, std::string const& target, Asked asked) {
    auto& line = *lines_.emplace_back(std::make_unique<Line>());
    line.sound = sound;
    if (asked == Asked::playlist) line.playlist = target;
    if (!open(line)) return fail(line);
    ask(line, target, asked);
}

void Viewers::ask(Line& line, std::string const& target, Asked asked) {
    line.asked = asked;
    line.first_byte = {};
    line.reader.begin(asked != Asked::part);
    line.request = "GET /" + settings_.path + "/" + target +
                   " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: tidegate-hls-load\r\n"
                   "Accept: */*\r\nAccept-Encoding: identity\r\n\r\n";
    auto const sent = ::send(line.fd, line.request.data(), line.request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(line.request.size())) fail(line);
}

void Viewers::fail(Line& line) {
    ++report_.failed;
    if (line.fd >= 0) ::close(line.fd);
    line.fd = -1;
}

void Viewers::on_ready(Line& line) {
    static std::array<char, kReadSize> buffer;
    auto const [count, at] = receive(line.fd, buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return fail(line);
    if (line.first_byte == std::chrono::nanoseconds{}) line.first_byte = at;
    if (measuring_) report_.bytes += static_cast<std::uint64_t>(count);
    if (!line.reader.feed({buffer.data(), static_cast<std::size_t>(count)})) return;
    if (line.reader.broken() || line.reader.status() != 200) return fail(line);
    if (measuring_) ++report_.requests;
    on_answer(line);
}

void Viewers::on_answer(Line& line) {
    if (line.asked == Asked::part) return next(line);
    if (line.asked == Asked::playlist) return on_playlist(line);
    auto const index = scan_index(line.reader.body());
    line.playlist = index.video;
    if (settings_.sound && !index.audio.empty()) {
        begin_line(true, index.audio, Asked::playlist);
    }
    ask(line, line.playlist, Asked::playlist);
}

void Viewers::note(Line const& line, std::uint64_t part) {
    auto& seen = seen_[part];
    if (seen.viewers++ == 0) seen.first = seen.last = line.first_byte;
    seen.first = std::min(seen.first, line.first_byte);
    seen.last = std::max(seen.last, line.first_byte);
}

void Viewers::on_playlist(Line& line) {
    auto const scan = scan_playlist(line.reader.body());
    if (!scan) return fail(line);
    auto const mark = line.playlist.find('?') == std::string::npos ? "?" : "&";
    line.next = line.playlist + mark + "_HLS_msn=" + std::to_string(scan->next_msn) +
                "&_HLS_part=" + std::to_string(scan->next_part);
    // A player begins at the live edge; later it takes every part.
    for (auto part = scan->parts.rbegin(); part != scan->parts.rend(); ++part) {
        if (line.has_newest && part->number <= line.newest) break;
        line.parts.emplace_back(part->uri);
        if (measuring_ && !line.sound && line.has_newest) note(line, part->number);
        if (!line.has_newest) break;
    }
    if (!scan->parts.empty()) {
        line.ready = line.has_newest;
        line.newest = scan->parts.back().number;
        line.has_newest = true;
    }
    next(line);
}

void Viewers::next(Line& line) {
    if (line.parts.empty()) return ask(line, line.next, Asked::playlist);
    auto const uri = std::move(line.parts.back());
    line.parts.pop_back();
    ask(line, uri, Asked::part);
}

ViewerReport Viewers::run() {
    auto const began = Clock::now();
    auto const ramp = std::chrono::duration<double>(settings_.viewers / settings_.rate);
    auto const window_begin =
        began + std::chrono::duration_cast<Clock::duration>(ramp) + settings_.settle;
    auto const window_end = window_begin + settings_.window;
    unsigned begun = 0;
    double cpu = 0;
    std::array<epoll_event, kEventsPerTurn> events;
    for (auto now = began; now < window_end; now = Clock::now()) {
        auto const due = std::chrono::duration<double>(now - began).count() * settings_.rate;
        while (begun < settings_.viewers && begun <= due) {
            ++begun;
            begin_line(false, "index.m3u8?cookieCheck=1", Asked::index);
        }
        if (!measuring_ && now >= window_begin) {
            measuring_ = true;
            cpu = own_cpu_seconds();
            std::puts("window_begin");
            std::fflush(stdout);
        }
        auto const count = ::epoll_wait(epoll_, events.data(), kEventsPerTurn, kTurnMilliseconds);
        for (int i = 0; i < count; ++i)
            on_ready(*static_cast<Line*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    std::puts("window_end");
    std::fflush(stdout);
    report_.cpu_percent =
        100 * (own_cpu_seconds() - cpu) / std::chrono::duration<double>(settings_.window).count();
    std::uint64_t newest = 0;
    for (auto const& line : lines_) newest = std::max(newest, line->sound ? 0 : line->newest);
    for (auto const& line : lines_) {
        bool const late = line->fd < 0 || !line->ready || line->newest + 3 < newest;
        if (!line->sound && late) ++report_.behind;
    }
    for (auto const& [part, seen] : seen_) {
        if (seen.viewers < settings_.viewers) continue;
        report_.spreads.push_back(
            std::chrono::duration<double, std::milli>(seen.last - seen.first).count());
    }
    return report_;
}

}  // namespace tidegate::bench
