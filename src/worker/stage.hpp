// The seam for processing: tracks in -> tracks out, units in -> units out. Stages stand in a row
// between the input and the output. Everything is called on the worker's one event loop, from
// which a stage must not be left waiting: what takes time is started and answered later.
//
// How a stage that answers later works (an external service, say, that replaces the audio):
//  - on_tracks: name the outgoing tracks at once, without having asked anybody. The output is
//    published with them, and RTMP cannot change a codec afterwards; so a stage that may have to
//    fall back to the original audio chooses one codec for both and converts the other.
//  - on_unit: hand on at once what is not yours. Keep yours (copying a unit copies a pointer) in
//    a queue with a bound, start the request on the loop, and return.
//  - The answer arrives as an event of the same loop. Then call next().on_unit() with the result,
//    in the original's decoding time or later: dts must rise strictly within each track; tracks may
//    lie apart, the output does not wait for one of them.
//  - Fallback: a timer of the stage bounds the wait for each unit. When it fires, when the queue is
//    full or when the service has gone, hand on the originals in order and drop the late answer.
//    The picture is never held back for longer than the stage itself decided.
//  - on_tracks comes again after a source has returned: forget what is in flight, keep dts rising.
//  - on_end: the source has ended for good. Finish what is in flight, then call next().on_end();
//  the
//    worker waits kDrainDeadline for it. After the destructor nothing may call the stage: it
//    cancels its own work there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "media/track.hpp"
#include "media/unit.hpp"
#include "net/event_loop.hpp"
#include "worker/params.hpp"

namespace tidegate::worker {

// How long stages may finish after the source's end: a few seconds of speech, not a hung service.
inline constexpr std::chrono::milliseconds kDrainDeadline{5000};

// What a stage receives, and what it hands on to.
class UnitSink {
public:
    virtual ~UnitSink() = default;
    // Before the first unit; again when a track's configuration has changed or the source has
    // returned. Their number and codecs never change during a run.
    virtual void on_tracks(media::Tracks const& tracks) = 0;
    // dts rises strictly within each track. pts may lie before it: some encoders count decode times
    // late, and RTP tells none.
    virtual void on_unit(media::Unit const& unit) = 0;
    // Nothing comes after it.
    virtual void on_end() = 0;
};

class Stage : public UnitSink {
public:
    // next outlives this.
    explicit Stage(UnitSink& next) : next_(next) {}

protected:
    UnitSink& next() { return next_; }

private:
    UnitSink& next_;
};

// Makes a run's stage (or the first of several, which owns the others).
using StageFactory = std::function<std::unique_ptr<Stage>(
    net::EventLoop& loop, std::shared_ptr<StageSettings const> settings, UnitSink& next)>;

// The first stage there is: what comes in goes out.
class Passthrough final : public Stage {
public:
    using Stage::Stage;
    void on_tracks(media::Tracks const& tracks) override { next().on_tracks(tracks); }
    void on_unit(media::Unit const& unit) override { next().on_unit(unit); }
    void on_end() override { next().on_end(); }
};

inline std::unique_ptr<Stage> make_passthrough(net::EventLoop&,
                                               std::shared_ptr<StageSettings const> const&,
                                               UnitSink& next) {
    return std::make_unique<Passthrough>(next);
}

}  // namespace tidegate::worker
