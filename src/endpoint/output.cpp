#include "endpoint/output.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "base/random.hpp"
#include "endpoint/source.hpp"
#include "rtmp/core/adobe_login.hpp"

namespace tidegate::endpoint {

namespace asio = boost::asio;

namespace {

// How many unsent bytes may wait in the kernel: far more than a key frame, and far less than the
// megabytes that the kernel would take by itself, which are half a minute of media for a slow
// server.
constexpr int kMostUnsent = 256 * 1024;

// Little waits in the kernel, so a server that stops reading soon fills our own queue; and TCP
// gives up a server that has vanished after this silence.
void bound_kernel_buffer(asio::ip::tcp::socket& socket, std::chrono::milliseconds silence) {
    int const timeout = static_cast<int>(silence.count());
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsent,
                 sizeof kMostUnsent);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

}  // namespace

Output::Output(net::EventLoop& loop, OutputUrl url, Statistics& statistics, Events events,
               OutputSettings settings)
    : loop_(loop),
      url_(std::move(url)),
      statistics_(statistics),
      events_(std::move(events)),
      settings_(std::move(settings)),
      start_timer_(loop.io()) {}

Output::~Output() {
    *alive_ = false;
}

// A server that wants a login refuses connect and says how; then we connect again.
asio::awaitable<Output::End> Output::run() {
    auto url = url_;
    for (int logins = 0;; ++logins) {
        auto end = co_await connect_and_run(url);
        auto* const rtmp = std::get_if<rtmp::ClientUrl>(&url);
        if (!rtmp || end.code.empty() || logins == rtmp::kMostLogins || stopped_) co_return end;
        if (rtmp->login != rtmp::LoginForm::when_asked) co_return end;
        auto next = rtmp::answer_login(*rtmp, end.description, base::random_bits());
        if (!next) co_return end;
        *rtmp = *std::move(next);
    }
}

asio::awaitable<Output::End> Output::connect_and_run(OutputUrl const& url) {
    auto link = co_await dial(url, settings_.trust, settings_.connect, settings_.check);
    if (!link) co_return End{.reason = link.error(), .connected = false};
    if (stopped_) co_return End{.reason = "stopped"};
    bound_kernel_buffer(link->socket, settings_.times.silence);
    descriptor_ = link->socket.native_handle();
    publisher_ =
        make_publisher(std::move(*link), loop_, url,
                       {tracks_, caption_languages_, settings_.program}, settings_.times, *this);
    auto end = co_await publisher_->run();
    accepted_ = flowing_ = false;
    start_.reset();
    start_timer_.cancel();
    publisher_.reset();
    descriptor_ = -1;
    co_return end;
}

std::optional<Delivery> Output::delivery() const {
    int in_kernel = 0;
    if (!publisher_ || ::ioctl(descriptor_, SIOCOUTQ, &in_kernel) != 0) return std::nullopt;
    auto const& queue = publisher_->queue();
    auto const written = static_cast<std::int64_t>(queue.bytes_sent());
    return Delivery{written - in_kernel,
                    in_kernel + static_cast<std::int64_t>(queue.queued_bytes())};
}

void Output::abandon(std::string reason) {
    stopped_ = abandoned_ = true;
    if (publisher_) publisher_->abandon(std::move(reason));
}

void Output::stop() {
    stopped_ = true;
    if (!publisher_ || abandoned_) return;
    if (is_fenced_off()) return abandon("its time is over");
    if (accepted_) {
        if (!flowing_) begin_flowing();
        flush();
    }
    publisher_->stop();
}

void Output::on_tracks(media::Tracks const& tracks) {
    bool const first = tracks_.empty();
    tracks_ = tracks;
    waiting_keyframe_.resize(tracks_.size());
    if (first) events_.tracks_known();
    if (!accepted_ || first) return;
    publisher_->update(statistics_.newest_out().value_or(base::Timestamp{}));
    flush_soon();
}

std::string Output::left_out() const {
    auto const missing = endpoint::left_out(url_, tracks_);
    std::string labels;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (missing[i]) labels += (labels.empty() ? "" : ", ") + std::string(tracks_[i].label());
    }
    return labels;
}

void Output::on_accepted() {
    accepted_ = true;
    publisher_->begin();
    if (starts_by_arrival(url_)) {
        start_.emplace(tracks_, net::LoopClock::now());
    } else {
        begin_flowing();
    }
    events_.accepted();
    if (start_) start_tracks();
    tell_end();
}

// The next step of the tracks' start: at its time, and when a unit has come.
void Output::start_tracks() {
    std::vector<media::Unit> now;
    auto const next = start_->step(early_, net::LoopClock::now(), now);
    for (auto const& unit : now) early_bytes_ -= unit.payload.size();
    send_kept(std::move(now));
    flush_soon();
    if (start_->over() || (ended_ && early_.empty())) {
        begin_flowing();
        tell_end();
    } else if (next) {
        start_timer_.expires_at(*next);
        start_timer_.async_wait([this, alive = alive_](boost::system::error_code cancelled) {
            if (!cancelled && *alive && start_) start_tracks();
        });
    }
}

void Output::begin_flowing() {
    flowing_ = true;
    start_.reset();
    send_kept(std::exchange(early_, {}));
    flush();
}

// A track of which units were dropped resumes at a key frame, after the units that were kept.
void Output::send_kept(std::vector<media::Unit> units) {
    auto const overflowed = std::exchange(waiting_keyframe_, std::vector<bool>(tracks_.size()));
    for (auto const& unit : units) send(unit);
    for (std::size_t i = 0; i < overflowed.size(); ++i) {
        waiting_keyframe_[i] = waiting_keyframe_[i] || overflowed[i];
    }
}

void Output::on_unit(media::Unit const& unit) {
    if (flowing_) {
        send(unit);
        flush_soon();
        return;
    }
    keep_early(unit);
    if (start_) start_tracks();
}

void Output::on_caption(media::Caption const& caption) {
    if (!accepted_) return;
    publisher_->tell(caption);
    flush_soon();
}

void Output::on_end() {
    ended_ = true;
    if (start_) start_tracks();
    tell_end();
}

void Output::tell_end() {
    if (!ended_ || !flowing_ || std::exchange(told_end_, true)) return;
    flush();
    events_.ended();
}

void Output::keep_early(media::Unit const& unit) {
    if (waiting_keyframe_[unit.track] && !unit.keyframe) return drop(unit);
    if (early_.size() >= kMaxEarlyUnits || early_bytes_ >= kMaxEarlyBytes) return drop(unit);
    waiting_keyframe_[unit.track] = false;
    early_bytes_ += unit.payload.size();
    early_.push_back(unit);
}

void Output::send(media::Unit const& unit) {
    if (is_fenced_off()) return drop(unit);
    if (waiting_keyframe_[unit.track] && !unit.keyframe) return drop(unit);
    switch (publisher_->send(unit)) {
        case Sent::no_room:
            return drop(unit);
        case Sent::nothing:
            return;
        case Sent::queued:
            waiting_keyframe_[unit.track] = false;
            statistics_.count_out(unit, tracks_[unit.track].kind());
    }
}

// Pictures that refer to a dropped picture cannot be shown, so the track resumes at the next key
// frame.
void Output::drop(media::Unit const& unit) {
    waiting_keyframe_[unit.track] = tracks_[unit.track].kind() == media::Kind::video;
    ++statistics_.units_dropped;
}

// A posted handler runs at the end of the loop's turn, before the loop waits again.
void Output::flush_soon() {
    dirty_ = true;
    if (corked_ || std::exchange(flush_posted_, true)) return;
    asio::post(loop_.io(), [this, alive = alive_] {
        if (!*alive) return;
        flush_posted_ = false;
        if (dirty_ && !corked_) flush();
    });
}

void Output::uncork() {
    corked_ = false;
    if (dirty_) flush();
}

void Output::flush() {
    dirty_ = false;
    if (!publisher_ || is_fenced_off()) return;
    publisher_->queue().flush();
    if (publisher_->queue().empty()) statistics_.flushed(net::LoopClock::now());
}

}  // namespace tidegate::endpoint
