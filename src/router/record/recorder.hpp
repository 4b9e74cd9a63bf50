// Records one stream: reads its units on the web loop, makes parts of them, and hands those to the
// threads of the disk. What the disk cannot take is lost to the recording and to nobody else. After
// an error the recorder tries again, with a new file, until it works. The web loop only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "recording/segments.hpp"
#include "recording/sink.hpp"
#include "router/hooks/path_hooks.hpp"
#include "router/record/context.hpp"
#include "router/stream/outlet.hpp"
#include "router/stream/stream.hpp"
#include "router/stream/wall_clock.hpp"

namespace tidegate::router {

// After an error, recording is tried again after this time, as in MediaMTX, then after twice this
// time, and so on.
inline constexpr std::chrono::milliseconds kRecordAgain{2000};
inline constexpr std::chrono::milliseconds kRecordAgainAtMost{30'000};
// When recording has worked again for this long, the error is over. A disk that is nearly full
// takes a part now and then.
inline constexpr std::chrono::seconds kRecordSettled{5};
// When the stream's clock and the wall clock are this far apart, a new file begins.
inline constexpr std::chrono::seconds kMaxDrift{5};

// How often recorders take what has come: the loop is woken once for all of them, and not for each
// unit. So much more than a part can be lost in a crash.
inline constexpr std::chrono::milliseconds kCollectInterval{100};

// How often the log tells the same of one stream.
inline constexpr std::chrono::seconds kRecordLines{10};

class Recorder final : public Reader {
public:
    // ended: posted when the stream has ended; the owner destroys the recorder then.
    Recorder(RecordContext const& context, std::shared_ptr<Stream> stream, HookSubject subject,
             std::function<void()> ended);
    // Finishes the file. What is written then is still told to hooks and the log.
    ~Recorder() override;

    std::shared_ptr<Stream> const& stream() const { return stream_; }
    config::mediamtx::Recording const& settings() const { return subject_.conf->recording; }

    bool offer(FanoutItem const& item) override;
    void flush() override;
    void missed(Missed const& count) override;
    void stream_ended() override;
    bool collects() const override;
    // Takes what has come. To be called every kCollectInterval.
    void collect();

private:
    // From an error, or from the start, to the next error or to the end: has its own id in the
    // files.
    struct Run {
        std::unique_ptr<recording::SegmentMaker> maker;
        std::shared_ptr<recording::Sink> sink;
        std::uint64_t number = 0;
        WallClock clock{};
        bool drifts = false;   // ends with the next key frame
        bool written = false;  // a part of it
    };

    void begin();
    void announce() const;
    bool begin_run();
    recording::SinkEvents events(std::uint64_t run);
    void take(media::Unit const& unit);
    void change_track(std::size_t index, media::Track const& track);
    void watch_drift(media::Unit const& unit, std::chrono::nanoseconds now);
    bool may_begin(media::Unit const& unit) const;
    void submit();
    void finish_run();
    void fail(std::string const& why);
    void wait(std::chrono::milliseconds time, void (Recorder::*then)());
    void try_again();
    void on_written();
    void on_settled();
    void tell(log::Level level, std::string_view event, std::string const& text) const;

    RecordContext const& context_;
    std::shared_ptr<Stream> const stream_;
    HookSubject const subject_;
    std::function<void()> const ended_;
    std::shared_ptr<RecorderRecord> const record_;
    recording::Disk* disk_ = nullptr;
    media::Tracks tracks_;
    std::optional<Run> run_;
    AlreadyHad had_;
    bool catching_up_ = false;  // with units that were kept
    std::uint64_t runs_ = 0;
    asio::steady_timer timer_;
    std::chrono::milliseconds pause_ = kRecordAgain;
    bool failing_ = false;  // until it has settled again
    log::LineLimit drift_lines_{kRecordLines}, late_lines_{kRecordLines};
    // What was posted is not done after the recorder has gone.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tidegate::router
