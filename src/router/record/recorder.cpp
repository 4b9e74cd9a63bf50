#include "router/record/recorder.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <system_error>
#include <utility>

#include "base/lower_case.hpp"
#include "base/random.hpp"
#include "log/log.hpp"

namespace tidegate::router {

using recording::Format;

namespace {

std::chrono::nanoseconds wall_now() {
    return std::chrono::system_clock::now().time_since_epoch();
}

std::string_view format_text(Format format) {
    return format == Format::fmp4 ? "fmp4" : "mpegts";
}

void log_record(log::Level level, std::string_view event, std::string const& path,
                std::string const& text) {
    log::write(level, event, "[path " + path + "] [recorder] " + text);
}

std::shared_ptr<RecorderRecord> make_recorder_record(HookSubject const& subject) {
    RecorderInfo info;
    info.id = subject.context.path;
    info.created = std::chrono::system_clock::now();
    info.format = format_text(subject.conf->recording.format);
    return std::make_shared<RecorderRecord>(std::move(info));
}

}  // namespace

Recorder::Recorder(RecordContext const& context, std::shared_ptr<Stream> stream,
                   HookSubject subject, std::function<void()> ended)
    : context_(context),
      stream_(std::move(stream)),
      subject_(std::move(subject)),
      ended_(std::move(ended)),
      record_(make_recorder_record(subject_)),
      tracks_(*stream_->tracks()),
      timer_(context.io()) {
    context_.recorders.add(record_);
    announce();
    begin();
}

Recorder::~Recorder() {
    *alive_ = false;
    stream_->outlet(context_.services.web.index())->remove(*this);
    tell(log::Level::info, "record.stopped", "recording stopped");
    finish_run();
    context_.recorders.remove(record_->id());
}

void Recorder::tell(log::Level level, std::string_view event, std::string const& text) const {
    log_record(level, event, stream_->path(), text);
}

void Recorder::announce() const {
    media::Tracks recorded;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (recording::can_record(settings().format, tracks_[i])) recorded.push_back(tracks_[i]);
    }
    if (recorded.empty()) {
        return tell(log::Level::warn, "record.skipped",
                    "no supported tracks found, skipping recording");
    }
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        if (recording::can_record(settings().format, tracks_[i])) continue;
        tell(log::Level::warn, "record.track_skipped",
             "skipping track " + std::to_string(i + 1) + " (" + std::string(tracks_[i].label()) +
                 ")");
    }
    tell(log::Level::info, "record.started", "recording " + describe_tracks(recorded));
}

// The stream may keep units since its last key frame. The newest of them tells what time it is.
void Recorder::begin() {
    begin_run();
    stream_->outlet(context_.services.web.index())->add(*this);
    auto const beginning = stream_->beginning(std::nullopt);
    if (run_ && !beginning.items.empty()) {
        run_->clock.observe(beginning.items.back().unit.dts, wall_now());
    }
    catching_up_ = true;
    for (auto const& item : beginning.items) offer(item);
    catching_up_ = false;
    had_.note(beginning);
    flush();
}

// False: there is nothing to record, or no way to do it now.
bool Recorder::begin_run() {
    auto const& conf = settings();
    bool const any = std::ranges::any_of(
        tracks_, [&](auto const& track) { return recording::can_record(conf.format, track); });
    if (!any) {
        record_->change([](RecorderInfo& info) { info.state = RecorderState::unsupported; });
        return false;
    }
    try {
        if (disk_ == nullptr) disk_ = &context_.disks.of(conf.files.folder());
    } catch (std::system_error const& error) {
        fail("no thread for the disk: " + base::lower_first(error.code().message()));
        return false;
    }
    recording::SegmentSettings const settings{.part_duration = conf.part_duration,
                                              .segment_duration = conf.segment_duration,
                                              .max_part_size = conf.max_part_size,
                                              .stream_id = base::random_uuid_bytes()};
    recording::SinkSettings files{conf.files, conf.format, stream_->path()};
    auto const number = ++runs_;
    run_.emplace(Run{.maker = recording::make_segments(conf.format, settings, tracks_),
                     .sink = std::make_shared<recording::Sink>(std::move(files), events(number),
                                                               record_->counters()),
                     .number = number});
    return true;
}

// They are called by the disk's threads, also when the recorder has gone; the module outlives that.
recording::SinkEvents Recorder::events(std::uint64_t run) {
    auto const hooks = std::make_shared<RecordHooks>(context_.services.hooks, subject_);
    // Within the run only: what comes later is of no importance to the next one.
    auto const to_recorder = [this, run, &io = context_.io(), alive = alive_](auto what) {
        asio::post(io, [this, run, alive, what = std::move(what)] {
            if (*alive && run_ && run_->number == run) what();
        });
    };
    recording::SinkEvents events;
    events.created = [=, this, record = record_, path = stream_->path()](auto const& file) {
        log_record(log::Level::debug, "record.segment_created", path,
                   "creating segment " + file.string());
        record->change([&](RecorderInfo& info) { info.file = file.string(); });
        hooks->created(file.string());
        to_recorder([this] { on_written(); });
    };
    events.completed = [=, record = record_, path = stream_->path()](auto const& file,
                                                                     auto duration) {
        log_record(log::Level::debug, "record.segment_closed", path,
                   "closing segment " + file.string());
        record->change([&](RecorderInfo& info) {
            if (info.file == file.string()) info.file.clear();
        });
        hooks->completed(file.string(), duration);
    };
    events.failed = [=, this](std::string const& why) { to_recorder([=, this] { fail(why); }); };
    return events;
}

bool Recorder::offer(FanoutItem const& item) {
    auto const index = item.unit.track;
    if (index >= tracks_.size() || had_.covers(item)) return false;
    if (item.changed_track) {
        change_track(index, *item.changed_track);
    } else if (run_) {
        take(item.unit);
    } else {
        auto& counters = *record_->counters();
        counters.lost_units.fetch_add(1, std::memory_order_relaxed);
        counters.lost_bytes.fetch_add(item.unit.payload.size(), std::memory_order_relaxed);
    }
    return false;  // it is not sent to anybody
}

// A file begins at the wall time of its first unit, which is the time when it comes. So units must
// not wait until the clock is set.
bool Recorder::collects() const {
    return run_ && run_->clock.started() && !run_->drifts;
}

void Recorder::collect() {
    stream_->outlet(context_.services.web.index())->collect();
}

void Recorder::change_track(std::size_t index, media::Track const& track) {
    bool const same_codec = tracks_[index].codec() == track.codec();
    tracks_[index] = track;
    if (!run_) return;
    tell(log::Level::debug, "record.track_changed", "codec parameters have changed");
    if (same_codec) {
        if (auto set = run_->maker->set_track(index, track); !set) fail(set.error());
        return;
    }
    finish_run();
    begin_run();
}

void Recorder::take(media::Unit const& unit) {
    auto const now = wall_now();
    if (run_->clock.wants(unit.dts)) run_->clock.observe(unit.dts, now);
    watch_drift(unit, now);
    if (run_->drifts && may_begin(unit)) {
        finish_run();
        if (!begin_run()) return;
        run_->clock.observe(unit.dts, now);
    }
    auto const wall = run_->clock.map(unit.dts);
    if (auto pushed = run_->maker->push(unit, wall); !pushed) fail(pushed.error());
}

// Nothing is lost: the old file goes on until the new one can begin.
void Recorder::watch_drift(media::Unit const& unit, std::chrono::nanoseconds now) {
    if (run_->drifts || catching_up_) return;
    auto const drift = now - run_->clock.map(unit.dts);
    if (std::chrono::abs(drift) <= kMaxDrift) return;
    run_->drifts = true;
    if (!drift_lines_.allows()) return;
    tell(log::Level::error, "record.drift",
         "detected drift between recording duration and absolute time, resetting");
}

// A file can begin with the unit: a key frame, or anything when there are no pictures.
bool Recorder::may_begin(media::Unit const& unit) const {
    if (tracks_[unit.track].kind() == media::Kind::video) return unit.keyframe;
    return std::ranges::none_of(
        tracks_, [](media::Track const& track) { return track.kind() == media::Kind::video; });
}

void Recorder::flush() {
    if (!run_) return;
    for (auto const track : run_->maker->take_late()) {
        if (!late_lines_.allows()) continue;
        tell(log::Level::warn, "record.late",
             "sample of track " + std::to_string(track + 1) + " received too late, discarding");
    }
    submit();
}

void Recorder::submit() {
    bool fits = true;
    for (auto& piece : run_->maker->take()) {
        fits = fits && disk_->submit(run_->sink, std::move(piece));
        if (!fits) record_->counters()->lose(piece);
    }
    if (!fits) fail("the disk is too slow");
}

void Recorder::missed(Missed const& count) {
    record_->counters()->lost_units.fetch_add(count.items, std::memory_order_relaxed);
    if (run_) run_->maker->skip();
}

void Recorder::stream_ended() {
    asio::post(context_.io(), [alive = alive_, ended = ended_] {
        if (*alive) ended();
    });
}

// The last piece always goes to the disk: with it, the file is closed there.
void Recorder::finish_run() {
    if (!run_) return;
    auto run = std::move(*run_);
    run_.reset();
    static_cast<void>(run.maker->finish());  // what is left of it is written below
    for (auto& piece : run.maker->take()) {
        if (!disk_->submit(run.sink, std::move(piece))) record_->counters()->lose(piece);
    }
    disk_->submit(run.sink, {.ends = true});
}

// One line for each time that it begins to fail, however often it is tried then.
void Recorder::fail(std::string const& why) {
    if (run_) {
        auto const sink = std::move(run_->sink);
        run_.reset();
        disk_->submit(sink, {.ends = true});
    }
    record_->change([&](RecorderInfo& info) {
        info.state = RecorderState::failing;
        info.error = why;
        info.file.clear();
    });
    if (!std::exchange(failing_, true)) {
        tell(log::Level::error, "record.failed",
             why + " (the stream goes on, and recording is tried again until it works)");
    }
    wait(pause_, &Recorder::try_again);
    pause_ = std::min(2 * pause_, kRecordAgainAtMost);
}

void Recorder::wait(std::chrono::milliseconds time, void (Recorder::*then)()) {
    timer_.expires_after(time);
    timer_.async_wait([alive = alive_, this, then](boost::system::error_code error) {
        if (!error && *alive) (this->*then)();
    });
}

// As long as the disk has not taken what waits, it is of no use to give it more.
void Recorder::try_again() {
    auto const waiting = record_->counters()->waiting.load(std::memory_order_relaxed);
    if (waiting > recording::kMaxWaitingOfOne / 2) return fail("the disk is too slow");
    begin_run();
}

// The first part of a file is on its way to the disk.
void Recorder::on_written() {
    record_->change([&](RecorderInfo& info) {
        info.state = RecorderState::recording;
        info.error.clear();
    });
    bool const first = !std::exchange(run_->written, true);
    if (failing_ && first) wait(kRecordSettled, &Recorder::on_settled);
}

void Recorder::on_settled() {
    failing_ = false;
    pause_ = kRecordAgain;
    tell(log::Level::info, "record.resumed", "recording goes on");
}

}  // namespace tidegate::router
