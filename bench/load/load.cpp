#include "load/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace tidegate::bench {

namespace {

// One read takes what a reader's socket holds: large enough for a merged write of 350 ms.
constexpr std::size_t kReadBuffer = 256 * 1024;
// Connections looked at before units that have become due are sent.
constexpr int kEventsPerTurn = 64;

std::string path_of(std::string pattern, std::size_t number) {
    if (auto const at = pattern.find("{}"); at != std::string::npos) {
        pattern.replace(at, 2, std::to_string(number));
    }
    return pattern;
}

Nanoseconds seconds(double value) {
    return static_cast<Nanoseconds>(value * static_cast<double>(kSecond));
}

}  // namespace

Load::Load(LoadSettings settings)
    : settings_(std::move(settings)), epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBuffer) {}

Load::~Load() {
    ::close(epoll_);
}

std::string Load::run(std::function<void(std::string const&)> const& mark) {
    if (!connect_publishers()) return report("publishers were refused: " + first_failure());
    if (settings_.window_from_ramp) {
        mark("window_begin");
        begin_window();
    }
    if (!connect_readers()) return report("readers did not start: " + first_failure());
    measure(mark);
    return report({});
}

bool Load::connect_publishers() {
    auto const begin = now_ns();
    auto const gap = seconds(1 / settings_.publish_rate);
    for (std::size_t i = 0; i < settings_.publishers; ++i) {
        run_until(begin + gap * static_cast<Nanoseconds>(i), [] { return false; });
        add_publisher();
    }
    auto const deadline = now_ns() + seconds(settings_.start_timeout_s);
    run_until(deadline, [&] {
        return std::ranges::all_of(publishers_,
                                   [](auto& p) { return p->accepted() || p->failed(); });
    });
    run_until(now_ns() + seconds(settings_.publish_settle_s), [] { return false; });
    return failed_publishers() == 0 &&
           std::ranges::all_of(publishers_, [](auto& p) { return p->accepted(); });
}

bool Load::connect_readers() {
    auto const begin = now_ns();
    auto const gap = seconds(1 / settings_.read_rate);
    for (std::size_t i = 0; i < settings_.readers; ++i) {
        run_until(begin + gap * static_cast<Nanoseconds>(i), [] { return false; });
        add_reader(i % settings_.publishers);
    }
    for (std::size_t i = 0; i < settings_.stalled; ++i) add_reader(0);
    auto const deadline = now_ns() + seconds(settings_.start_timeout_s);
    bool const started = run_until(deadline, [&] { return all_started(); });
    // Of a join storm, frames are counted once everybody is there.
    if (settings_.window_from_ramp) measured_.counted_from = now_ns();
    while (stalled_.size() < settings_.stalled) {
        stalled_.push_back(std::move(readers_.back()));
        readers_.pop_back();
        stalled_.back()->stall();
    }
    return started;
}

void Load::measure(std::function<void(std::string const&)> const& mark) {
    if (!settings_.window_from_ramp) {
        run_until(now_ns() + seconds(settings_.settle_s), [] { return false; });
        mark("window_begin");
        begin_window();
    }
    run_until(now_ns() + seconds(settings_.window_s), [] { return false; });
    end_window();
    mark("window_end");
    run_until(now_ns() + seconds(settings_.drain_s), [] { return false; });
}

void Load::begin_window() {
    own_.lateness.clear();
    own_.wall = -now_ns();
    own_.cpu = -cpu_ns();
    measured_.measuring = true;
    measured_.counted_from =
        settings_.window_from_ramp ? std::numeric_limits<Nanoseconds>::max() : now_ns();
    measured_.counted_to = std::numeric_limits<Nanoseconds>::max();
}

void Load::end_window() {
    measured_.measuring = false;
    measured_.counted_to = now_ns();
    own_.wall += now_ns();
    own_.cpu += cpu_ns();
}

void Load::add_publisher() {
    auto const path = path_of(settings_.publish_path, publishers_.size());
    publishers_.push_back(settings_.publish == Target::floor
                              ? make_floor_publisher(epoll_, settings_, path)
                              : make_rtmp_publisher(epoll_, settings_, path));
    unscheduled_.push_back(publishers_.size() - 1);
    starts_.push_back(0);
}

void Load::add_reader(std::size_t stream) {
    auto const path = path_of(settings_.read_path, stream);
    auto const make = settings_.read == Target::floor  ? make_floor_reader
                      : settings_.read == Target::rtsp ? make_rtsp_reader
                      : settings_.read == Target::live ? make_live_reader
                                                       : make_rtmp_reader;
    readers_.push_back(make(epoll_, settings_, path, measured_));
}

bool Load::run_until(Nanoseconds deadline, Condition const& condition) {
    while (!condition()) {
        if (now_ns() >= deadline) return false;
        turn(deadline);
    }
    return true;
}

void Load::turn(Nanoseconds until) {
    auto const next = due_.empty() ? until : std::min(until, due_.top().at);
    auto const wait = std::max<Nanoseconds>(0, std::min(next - now_ns(), 10 * kMillisecond));
    timespec const timeout{wait / kSecond, wait % kSecond};
    std::array<epoll_event, kEventsPerTurn> events;
    auto const count = epoll_pwait2(epoll_, events.data(), kEventsPerTurn, &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        auto const& event = events[static_cast<std::size_t>(i)];
        static_cast<Peer*>(event.data.ptr)->on_events(event.events, buffer_);
        // A merged write to a crowd takes long to read: publishers stay in time meanwhile.
        send_due();
    }
    std::erase_if(unscheduled_, [&](std::size_t publisher) {
        if (!publishers_[publisher]->accepted()) return false;
        schedule(publisher, now_ns());
        return true;
    });
    send_due();
}

void Load::schedule(std::size_t publisher, Nanoseconds start) {
    starts_[publisher] = start;
    due_.push({start, publisher, true});
    if (publishers_[publisher]->source().has_audio()) due_.push({start, publisher, false});
}

void Load::send_due() {
    auto now = now_ns();
    while (!due_.empty() && due_.top().at <= now) {
        auto const due = due_.top();
        due_.pop();
        auto& publisher = *publishers_[due.publisher];
        if (publisher.failed()) continue;
        own_.lateness.add(now - due.at);
        if (due.video) {
            publisher.send_video(now);
        } else {
            publisher.send_audio(now);
        }
        auto const& source = publisher.source();
        auto const next = due.video ? source.next_video_at() : source.next_audio_at();
        due_.push({starts_[due.publisher] + next, due.publisher, due.video});
        now = now_ns();
    }
}

std::size_t Load::failed_publishers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(publishers_, [](auto const& p) { return p->failed(); }));
}

std::size_t Load::lost_readers() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        readers_, [](auto const& r) { return r->failed() || !r->started(); }));
}

bool Load::all_started() const {
    return std::ranges::all_of(readers_, [](auto const& r) { return r->failed() || r->started(); });
}

std::string Load::first_failure() const {
    for (auto const& publisher : publishers_) {
        if (publisher->failed()) return publisher->failure();
    }
    for (auto const& reader : readers_) {
        if (reader->failed()) return reader->failure();
    }
    return "no picture in time";
}

}  // namespace tidegate::bench
