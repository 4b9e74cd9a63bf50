#include "router/hls/muxer.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/random.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

hls::Variant variant_of(config::mediamtx::HlsVariant variant) {
    using config::mediamtx::HlsVariant;
    if (variant == HlsVariant::mpegts) return hls::Variant::mpegts;
    return variant == HlsVariant::fmp4 ? hls::Variant::fmp4 : hls::Variant::low_latency;
}

hls::Settings settings_of(config::mediamtx::Hls const& conf) {
    return {
        .variant = variant_of(conf.variant),
        .segment_count = static_cast<std::size_t>(std::max<std::int64_t>(conf.segment_count, 0)),
        .segment_duration = conf.segment_duration,
        .part_duration = conf.part_duration,
        .segment_max_size = conf.segment_max_size,
        .prefix = base::random_hex_id().substr(0, hls::kPrefixDigits)};
}

std::vector<hls::Source> sources_of(media::Tracks const& tracks) {
    std::vector<hls::Source> sources;
    for (auto const& track : tracks) sources.push_back({track});
    return sources;
}

std::shared_ptr<HlsMuxerRecord> make_record(std::string const& path) {
    HlsMuxerInfo info;
    info.id = path;
    info.created = std::chrono::system_clock::now();
    return std::make_shared<HlsMuxerRecord>(std::move(info), [](std::string const&) {});
}

}  // namespace

HlsMuxer::HlsMuxer(HlsContext const& context, std::string path, std::string requested_by,
                   Listener listener)
    : context_(context),
      path_(std::move(path)),
      requested_by_(std::move(requested_by)),
      listener_(std::move(listener)),
      record_(make_record(path_)) {
    touch();
    context_.items.muxers.add(record_);
    log(log::Level::info, "hls.muxer_created",
        automatic() ? "created automatically" : "created (requested by " + requested_by_ + ")");
}

HlsMuxer::~HlsMuxer() {
    *alive_ = false;
    leave();
    context_.items.muxers.remove(record_->id());
}

void HlsMuxer::log(log::Level level, std::string_view event, std::string const& text) const {
    log_hls(level, event, "[muxer " + path_ + "] " + text);
}

void HlsMuxer::post(std::function<void()> what) {
    asio::post(context_.io(), [alive = alive_, what = std::move(what)] {
        if (*alive) what();
    });
}

std::expected<void, std::string> HlsMuxer::begin(Stream const& stream,
                                                 media::Tracks const& tracks) {
    auto const sources = sources_of(tracks);
    std::span<std::string const> languages;
    if (stream.captions() != nullptr) languages = stream.captions()->languages();
    if (core_) {
        auto begun = core_->begin_publication(sources, languages);
        if (!begun) return std::unexpected(begun.error().message);
        news_ = news_ || *begun;
        return {};
    }
    auto made = hls::Muxer::create(settings_of(context_.conf), sources, languages);
    if (!made) return std::unexpected(made.error().message);
    core_.emplace(std::move(*made));
    return {};
}

std::expected<void, std::string> HlsMuxer::read(std::shared_ptr<Stream> stream) {
    leave();
    auto const tracks = *stream->tracks();
    if (auto begun = begin(*stream, tracks); !begun) return begun;
    tracks_ = tracks;
    announce(tracks);
    stream_ = std::move(stream);
    captions_ = stream_->captions();
    captions_seen_ = 0;
    stream_->outlet(context_.services.web.index())->add(*this);
    auto const beginning = stream_->beginning(std::nullopt);
    had_ = {};
    for (auto const& item : beginning.items) offer(item);
    had_.note(beginning);
    flush();
    return {};
}

void HlsMuxer::announce(media::Tracks const& tracks) {
    for (auto const track : core_->skipped()) {
        log(log::Level::warn, "hls.track_skipped",
            "skipping track " + std::to_string(track + 1) + " (" +
                std::string(tracks[track].label()) + ")");
    }
    media::Tracks carried;
    for (auto const track : core_->carried()) carried.push_back(tracks[track]);
    log(log::Level::info, "hls.muxer_started",
        "is converting into HLS, " + describe_tracks(carried));
}

void HlsMuxer::leave() {
    if (stream_ == nullptr) return;
    stream_->outlet(context_.services.web.index())->remove(*this);
    captions_ = nullptr;
    stream_.reset();
    left_at_ = HlsClock::now();
    if (closed_ || !works()) return;
    if (auto finished = core_->finish_publication(); !finished) {
        fail(finished.error().message);
    } else {
        news_ = news_ || *finished;
    }
    flush();
}

void HlsMuxer::close() {
    closed_ = true;
    waiters_.wake_all();
}

std::expected<bool, hls::Error> HlsMuxer::take(FanoutItem const& item) {
    auto const index = item.unit.track;
    if (!item.changed_track) return core_->push(item.unit, std::chrono::system_clock::now());
    if (item.changed_track->codec() != tracks_[index].codec()) {
        return std::unexpected(hls::Error{"a track has changed its codec"});
    }
    core_->set_track(index, *item.changed_track);
    return false;
}

bool HlsMuxer::offer(FanoutItem const& item) {
    if (failed_ || item.unit.track >= tracks_.size() || had_.covers(item)) return false;
    if (captions_ != nullptr && captions_->count() != captions_seen_) take_captions();
    auto const taken = take(item);
    if (!taken) {
        fail(taken.error().message);
        return false;
    }
    news_ = news_ || *taken;
    return false;  // counted when it is sent
}

// Before the units of their time, which end the segments in which they stand.
void HlsMuxer::take_captions() {
    std::uint32_t late = 0;
    bool const joins = captions_seen_ == 0;
    for (auto& caption : captions_->since(captions_seen_)) {
        if (!core_->add_caption(std::move(caption))) ++late;
    }
    // Of what was said before it came, a muxer has no segments.
    if (late == 0 || joins) return;
    record_->discarded.fetch_add(late, std::memory_order_relaxed);
    if (late_captions_.allows()) {
        log(log::Level::warn, "hls.captions_late",
            "captions came after their time, or too many at once, and are not shown");
    }
}

void HlsMuxer::fail(std::string why) {
    if (std::exchange(failed_, true)) return;
    post([this, why = std::move(why)] { listener_.failed(why); });
}

void HlsMuxer::missed(Missed const& count) {
    record_->discarded.fetch_add(count.items, std::memory_order_relaxed);
}

void HlsMuxer::flush() {
    if (!std::exchange(news_, false)) return;
    for (auto const& warning : core_->take_warnings()) {
        log(log::Level::warn, "hls.muxer_warning", warning);
    }
    if (listener_.changed && !closed_) listener_.changed(edition());
    waiters_.wake_all();
}

namespace {

class SleepingCoroutine final : public HlsWaiter {
public:
    explicit SleepingCoroutine(asio::io_context& io) : timer(io, HlsClock::time_point::max()) {}
    void wake(Woken why) override {
        woken = why;
        timer.cancel();
    }
    asio::steady_timer timer;
    Woken woken = Woken::news;
};

}  // namespace

asio::awaitable<HlsWaiter::Woken> HlsMuxer::wait(HlsClock::time_point deadline) {
    SleepingCoroutine waiter(context_.io());
    waiter.deadline = deadline;
    wait(waiter, true);
    co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return waiter.woken;
}

void HlsMuxer::touch() {
    last_request_ = HlsClock::now();
    record_->last_request.store(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count(),
        std::memory_order_relaxed);
}

}  // namespace tidegate::router
