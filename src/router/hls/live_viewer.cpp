#include "router/hls/live_viewer.hpp"

#include <boost/asio/this_coro.hpp>
#include <utility>

namespace tidegate::router {

namespace asio = boost::asio;

asio::awaitable<void> LiveViewer::run(net::Link link, net::EventLoop& loop, HlsItems& items,
                                      Start start) {
    co_await asio::this_coro::throw_if_cancelled(false);
    LiveViewer viewer(std::move(link), loop, items, std::move(start));
    auto const end = co_await viewer.serve();
    viewer.log(log::Level::info, "hls.session_closed", "closed: " + end.text);
}

LiveViewer::LiveViewer(net::Link link, net::EventLoop& loop, HlsItems& items, Start start)
    : Connection(std::move(link), loop, {kMaxLateFragments, kMaxLiveQueue}),
      items_(items),
      record_(std::make_shared<HlsSessionRecord>(std::move(start.info), closer())),
      channel_(std::move(start.channel)),
      seat_(std::move(start.seat)) {
    items_.sessions.add(record_);
    set_write_timeout(start.write_timeout);
    patience_.begin();
    auto const info = record_->snapshot();
    log(log::Level::info, "hls.session_created", "created by " + info.remote_address);
    log(log::Level::info, "hls.reading",
        "is reading live.mp4 of path '" + info.path + "', " + describe_tracks(channel_->tracks()));
    seat_.start_reading(prefix());
    writes().push(channel_->init());
    channel_->add(*this);
    writes().flush();
}

LiveViewer::~LiveViewer() {
    show_bytes();
    channel_->remove(*this);
    items_.sessions.remove(record_->id());
}

void LiveViewer::write(LiveFragment const& fragment) {
    bool const may_begin = fragment.keyframe || patience_.over();
    if (waiting_ && !may_begin) {
        if (late_) discard();
        return;
    }
    waiting_ = late_ = !writes().write(fragment.bytes);
    if (!waiting_) return;
    patience_.begin();
    discard();
}

void LiveViewer::discard() {
    slow_.discarded(1);
    record_->discarded.fetch_add(1, std::memory_order_relaxed);
}

void LiveViewer::on_watch(net::LoopClock::time_point now) {
    show_bytes();
    if (auto const line = slow_.report(now)) log(log::Level::warn, "reader.slow", *line);
}

void LiveViewer::show_bytes() {
    auto const sent = writes().bytes_sent();
    seat_.stream()->count_outbound(sent - std::exchange(shown_bytes_, sent));
    record_->outbound_bytes.store(sent, std::memory_order_relaxed);
}

void LiveViewer::log(log::Level level, std::string_view event, std::string const& text) const {
    log::write(level, event, prefix() + " " + text);
}

}  // namespace tidegate::router
