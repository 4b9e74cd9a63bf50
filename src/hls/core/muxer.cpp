#include "hls/core/muxer.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "hls/core/caption_streams.hpp"
#include "hls/core/codec_support.hpp"
#include "hls/core/edition_maker.hpp"
#include "hls/core/part_length.hpp"
#include "hls/core/rendition.hpp"
#include "hls/core/transport_stream.hpp"
#include "hls/core/wall_clock.hpp"

namespace tidegate::hls {

namespace {

using media::Kind;
using media::Unit;

std::vector<media::Track const*> tracks_of(std::vector<Source> const& sources,
                                           std::vector<std::size_t> const& chosen) {
    std::vector<media::Track const*> tracks;
    for (auto const i : chosen) tracks.push_back(&sources[i].track);
    return tracks;
}

}  // namespace

class Muxer::Impl {
public:
    explicit Impl(Settings settings)
        : settings_(std::move(settings)),
          part_length_(settings_.part_duration),
          longest_segment_(std::max(kLongestSegment, 4 * settings_.segment_duration)) {}

    std::expected<void, Error> begin(std::vector<Source> sources,
                                     std::span<std::string const> captions);
    std::expected<bool, Error> push(Unit unit, WallTime wall);
    void set_track(std::size_t track, media::Track config);
    bool add_caption(media::Caption&& caption);
    std::expected<bool, Error> finish();
    void publish();

    std::vector<std::size_t> const& carried() const { return carried_; }
    std::vector<std::size_t> const& skipped() const { return skipped_; }
    std::shared_ptr<Edition const> const& edition() const { return edition_; }
    std::vector<std::string> take_warnings() { return edition_maker_.take_warnings(); }

private:
    // One stream of the output, and which track of the publication it has.
    struct Output {
        std::unique_ptr<StreamMaker> maker;
        Kind kind = Kind::video;  // MPEG-TS: of the leading track
        std::vector<std::size_t> tracks;
    };
    // Where the units of a track go.
    struct Route {
        StreamMaker* maker = nullptr;  // nullptr: the track is left out
        std::uint16_t track = 0;       // its number there
        bool leading = false;
        base::Timestamp last{};  // the time of its last unit
    };

    void assign();
    Output& output_for(Kind kind, std::size_t from);
    void add_output(Kind kind);
    void start_outputs();

    std::expected<bool, Error> push_leading(Unit& unit, WallTime wall, Route& route);
    std::expected<bool, Error> push_other(Unit& unit, Route& route);
    std::expected<bool, Error> open(Unit const& unit, Route& route);
    bool breaks(base::Timestamp step) const;
    std::expected<bool, Error> cut(Unit const& unit);
    std::expected<void, Error> finish_parts(base::Timestamp end);
    std::expected<void, Error> finish_segments(base::Timestamp end);
    void open_segments(base::Timestamp begin, bool discontinuity);
    std::expected<void, Error> close();
    bool changed() const;
    StreamMaker& leading() const { return *outputs_.front().maker; }

    Settings const settings_;
    std::vector<Output> outputs_;
    CaptionStreams captions_{settings_};
    EditionMaker edition_maker_{settings_};
    std::shared_ptr<Edition const> edition_;
    PartLength part_length_;
    base::Timestamp const longest_segment_;

    // Of the present publication.
    std::vector<Source> sources_;
    std::vector<std::size_t> carried_;
    std::vector<std::size_t> skipped_;
    std::vector<Route> routes_;
    std::optional<base::Timestamp> shift_;  // from the publisher's times to those of the output
    WallClock clock_;
    base::Timestamp newest_{};           // the time of the last unit of the leading track
    base::Timestamp step_ = kUsualStep;  // between its last two units

    bool open_ = false;           // a segment is open
    bool discontinuity_ = false;  // the next segment does not continue the one before
};

// Checks everything before it changes anything.
std::expected<void, Error> Muxer::Impl::begin(std::vector<Source> sources,
                                              std::span<std::string const> captions) {
    auto chosen = choose_tracks(sources);
    auto const tracks = tracks_of(sources, chosen);
    if (auto fine = check_tracks(settings_, tracks); !fine) return fine;
    if (!outputs_.empty() && outputs_.front().kind != tracks.front()->kind()) {
        return media::fail("the stream's video has come or gone");
    }
    if (open_) {
        if (auto done = close(); !done) return done;
    }
    edition_maker_.tracks_changed();
    sources_ = std::move(sources);
    carried_ = std::move(chosen);
    skipped_.clear();
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (std::ranges::find(carried_, i) == carried_.end()) skipped_.push_back(i);
    }
    shift_.reset();
    step_ = kUsualStep;
    assign();
    start_outputs();
    captions_.begin(captions, leading());
    return {};
}

// Gives each carried track to a stream. A track that comes back gets the stream of its kind and
// position; a further one gets a new stream.
void Muxer::Impl::assign() {
    routes_.assign(sources_.size(), {});
    for (auto& output : outputs_) output.tracks.clear();
    std::size_t next = 0;
    for (auto const index : carried_) {
        if (settings_.variant == Variant::mpegts) {
            if (outputs_.empty()) {
                outputs_.push_back({std::make_unique<TransportStream>(settings_),
                                    sources_[index].track.kind(),
                                    {}});
            }
            outputs_.front().tracks.push_back(index);
            continue;
        }
        auto& output = output_for(sources_[index].track.kind(), next);
        next = static_cast<std::size_t>(&output - outputs_.data()) + 1;
        output.tracks.push_back(index);
    }
}

Muxer::Impl::Output& Muxer::Impl::output_for(Kind kind, std::size_t from) {
    for (auto i = from; i < outputs_.size(); ++i) {
        if (outputs_[i].kind == kind) return outputs_[i];
    }
    add_output(kind);
    return outputs_.back();
}

void Muxer::Impl::add_output(Kind kind) {
    auto id =
        std::string(kind == Kind::video ? "video" : "audio") + std::to_string(outputs_.size() + 1);
    auto maker = std::make_unique<Rendition>(settings_, std::move(id), outputs_.empty(), kind);
    if (!outputs_.empty()) maker->join(leading());
    outputs_.push_back({std::move(maker), kind, {}});
}

void Muxer::Impl::start_outputs() {
    for (auto& output : outputs_) {
        std::vector<media::Track> tracks;
        for (auto const index : output.tracks) {
            routes_[index] = {output.maker.get(),
                              static_cast<std::uint16_t>(tracks.size()),
                              index == carried_.front(),
                              {}};
            tracks.push_back(sources_[index].track);
        }
        output.maker->begin(std::move(tracks));
        if (discontinuity_) output.maker->skip_part();
    }
}

std::expected<bool, Error> Muxer::Impl::push(Unit unit, WallTime wall) {
    if (unit.track >= routes_.size() || unit.payload.empty()) return false;
    auto& route = routes_[unit.track];
    if (route.maker == nullptr) return false;
    unit.track = route.track;
    bool closed = false;
    if (route.leading && open_ && breaks(unit.dts + *shift_ - route.last)) {
        if (auto done = close(); !done) return std::unexpected(done.error());
        for (auto& output : outputs_) output.maker->skip_part();
        publish();
        shift_.reset();
        closed = true;
    }
    if (!shift_) shift_ = std::max(kTimelineStart, kTimelineStart - unit.dts);
    unit.dts += *shift_;
    unit.pts += *shift_;
    auto made = route.leading ? push_leading(unit, wall, route) : push_other(unit, route);
    return made ? std::expected<bool, Error>(*made || closed) : made;
}

// A unit that is far from the leading track's is on another timeline: it is left out.
std::expected<bool, Error> Muxer::Impl::push_other(Unit& unit, Route& route) {
    auto const apart = unit.dts - newest_;
    if (!open_ || apart > kMaxLeap || apart < -kMaxLeap) return false;
    route.last = unit.dts = std::max(unit.dts, route.last);
    if (auto done = route.maker->approach(unit); !done) return std::unexpected(done.error());
    if (auto done = route.maker->add(unit); !done) return std::unexpected(done.error());
    return false;
}

bool Muxer::Impl::breaks(base::Timestamp step) const {
    return step > kMaxLeap || step < -kMaxStepBack;
}

std::expected<bool, Error> Muxer::Impl::push_leading(Unit& unit, WallTime wall, Route& route) {
    if (!open_) {
        clock_.reset();
        clock_.observe(unit.dts, wall);
        return open(unit, route);
    }
    unit.dts = std::max(unit.dts, route.last);
    clock_.observe(unit.dts, wall);
    if (auto const step = unit.dts - route.last; step > base::Timestamp{0}) {
        step_ = std::min(step, kLongestStep);
        part_length_.learn(std::chrono::round<std::chrono::microseconds>(step));
    }
    route.last = newest_ = unit.dts;
    if (auto done = leading().approach(unit); !done) return std::unexpected(done.error());
    auto made = cut(unit);
    if (!made) return made;
    if (auto done = leading().add(unit); !done) return std::unexpected(done.error());
    if (*made) publish();
    return made;
}

// The first segment, or the first after a discontinuity, begins with a unit at which decoding can
// start.
std::expected<bool, Error> Muxer::Impl::open(Unit const& unit, Route& route) {
    if (!unit.keyframe || !leading().configured()) return false;
    for (auto& other : routes_) other.last = unit.dts - kMaxLeap;
    route.last = newest_ = unit.dts;
    open_segments(unit.dts, std::exchange(discontinuity_, false));
    open_ = true;
    captions_.begin_time_line(*shift_);
    if (auto done = leading().approach(unit); !done) return std::unexpected(done.error());
    if (auto done = leading().add(unit); !done) return std::unexpected(done.error());
    return false;
}

// Ends the segment or the part before the unit where it is time.
std::expected<bool, Error> Muxer::Impl::cut(Unit const& unit) {
    if (unit.dts <= leading().part_begin()) return false;
    auto const end = unit.dts + kCutTolerance;
    auto const length = end - leading().segment_begin();
    bool const other = changed();
    if ((unit.keyframe && (other || length >= settings_.segment_duration)) ||
        length >= longest_segment_) {
        if (auto done = finish_segments(unit.dts); !done) return std::unexpected(done.error());
        part_length_.freeze();
        open_segments(unit.dts, other);
        return true;
    }
    if (settings_.variant != Variant::low_latency ||
        end - leading().part_begin() < part_length_.get()) {
        return false;
    }
    if (auto done = finish_parts(unit.dts); !done) return std::unexpected(done.error());
    return true;
}

bool Muxer::Impl::changed() const {
    return std::ranges::any_of(outputs_, [](Output const& one) { return one.maker->changed(); });
}

std::expected<void, Error> Muxer::Impl::finish_parts(base::Timestamp end) {
    for (auto& output : outputs_) {
        if (auto done = output.maker->finish_part(end); !done) return done;
    }
    return {};
}

std::expected<void, Error> Muxer::Impl::finish_segments(base::Timestamp end) {
    if (auto done = finish_parts(end); !done) return done;
    auto const wall = clock_.at(leading().segment_begin());
    for (auto& output : outputs_) output.maker->finish_segment(wall);
    return captions_.finish_segments(end, wall);
}

void Muxer::Impl::open_segments(base::Timestamp begin, bool discontinuity) {
    for (auto& output : outputs_) output.maker->open_segment(begin, discontinuity);
    captions_.open_segments(begin, discontinuity);
}

// What is there becomes the last segment before a discontinuity. Captions that wait are of a time
// line that has ended.
std::expected<void, Error> Muxer::Impl::close() {
    auto const end = newest_ + step_;
    for (auto& output : outputs_) {
        if (auto done = output.maker->drain(end); !done) return done;
    }
    if (auto done = finish_segments(end); !done) return done;
    open_ = false;
    discontinuity_ = true;
    captions_.forget();
    return {};
}

// Its times are mapped to those of the output as those of units are.
bool Muxer::Impl::add_caption(media::Caption&& caption) {
    if (!open_) return captions_.add_early(std::move(caption));
    caption.start += *shift_;
    return captions_.add(std::move(caption));
}

std::expected<bool, Error> Muxer::Impl::finish() {
    routes_.clear();
    if (!open_) return false;
    if (auto done = close(); !done) return std::unexpected(done.error());
    publish();
    return true;
}

void Muxer::Impl::set_track(std::size_t track, media::Track config) {
    if (track >= routes_.size()) return;
    auto const& route = routes_[track];
    sources_[track].track = config;
    if (route.maker != nullptr) route.maker->set_track(route.track, std::move(config));
}

void Muxer::Impl::publish() {
    std::vector<EditionMaker::Stream> streams;
    streams.reserve(outputs_.size());
    for (auto const& output : outputs_) {
        auto& stream = streams.emplace_back();
        stream.maker = output.maker.get();
        for (auto const index : output.tracks) stream.sources.push_back(&sources_[index]);
    }
    edition_ = edition_maker_.make(streams, captions_.shown());
}

Muxer::Muxer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Muxer::Muxer(Muxer&&) noexcept = default;
Muxer& Muxer::operator=(Muxer&&) noexcept = default;
Muxer::~Muxer() = default;

std::expected<Muxer, Error> Muxer::create(Settings settings, std::span<Source const> sources,
                                          std::span<std::string const> captions) {
    auto const fine = check_settings(settings);
    auto impl = std::make_unique<Impl>(std::move(settings));
    if (auto begun = impl->begin({sources.begin(), sources.end()}, captions); !begun) {
        return std::unexpected(std::move(begun.error()));
    }
    if (!fine) return std::unexpected(fine.error());
    impl->publish();
    return Muxer(std::move(impl));
}

std::span<std::size_t const> Muxer::carried() const {
    return impl_->carried();
}

std::span<std::size_t const> Muxer::skipped() const {
    return impl_->skipped();
}

std::expected<bool, Error> Muxer::push(media::Unit const& unit, WallTime wall) {
    return impl_->push(unit, wall);
}

void Muxer::set_track(std::size_t track, media::Track config) {
    impl_->set_track(track, std::move(config));
}

bool Muxer::add_caption(media::Caption caption) {
    return impl_->add_caption(std::move(caption));
}

std::expected<bool, Error> Muxer::finish_publication() {
    return impl_->finish();
}

std::expected<bool, Error> Muxer::begin_publication(std::span<Source const> sources,
                                                    std::span<std::string const> captions) {
    if (auto begun = impl_->begin({sources.begin(), sources.end()}, captions); !begun) {
        return std::unexpected(std::move(begun.error()));
    }
    impl_->publish();
    return true;
}

std::shared_ptr<Edition const> const& Muxer::edition() const {
    return impl_->edition();
}

std::vector<std::string> Muxer::take_warnings() {
    return impl_->take_warnings();
}

}  // namespace tidegate::hls
