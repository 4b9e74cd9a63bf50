// The interface for processing: tracks in, tracks out; units in, units out. Stages stand in a row
// between the input and the output. Everything happens on the worker's one event loop, and a stage
// must not keep that loop waiting: it starts what takes time, and is called back on the loop when
// it is done.
//
// How to write a stage that answers later (one that has an external service replace the sound,
// say):
//  - on_tracks: name the outgoing tracks at once, without asking anybody first. The output is
//    published with them, and RTMP cannot change a codec afterwards. So a stage that may have to
//    fall back to the original sound chooses one codec for both and converts the other.
//  - on_unit: hand on at once the units that are not yours. Put yours into a queue with a limit (to
//    copy a unit is to copy a pointer), start the request, and return.
//  - When the answer comes, call next().on_unit() with the result. Its decoding time is that of the
//    original or later, and rises strictly within each track. Tracks may lie apart; the output does
//    not wait for one of them.
//  - A timer of the stage limits the wait for each answer. When it fires, the queue is full or the
//    service is gone, hand on the originals in order, and drop the answer if it comes later. Nobody
//    but the stage itself holds the picture back.
//  - on_tracks comes again after a source has returned: forget the requests that are under way, and
//    keep the decoding times rising.
//  - on_end: the source has ended for good. Finish what is under way, then call
//    next().on_end(). The worker waits kDrainDeadline for that, and as long as delay() says.
//  - A stage that holds everything back says so with delay(), and adds as much to all times: then
//    what is measured of the output is still right.
//  - Nothing may call the stage after its destructor, which therefore cancels the stage's own work.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/unit_sink.hpp"
#include "media/caption.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"
#include "net/event_loop.hpp"
#include "worker/dub_status.hpp"
#include "worker/params.hpp"

namespace tidegate::worker {

// How long stages may take to finish after the source's end: a few seconds of speech may be under
// way; a service that hangs must not delay the exit.
inline constexpr std::chrono::milliseconds kDrainDeadline{5000};

using endpoint::UnitSink;

class Stage : public UnitSink {
public:
    // next must outlive this.
    explicit Stage(UnitSink& next) : next_(next) {}

    void on_caption_languages(std::vector<std::string> const& languages) override {
        next_.on_caption_languages(languages);
    }
    void on_caption(media::Caption const& caption) override { next_.on_caption(caption); }

    // How much later than it came everything goes out, and by how much its times are later.
    virtual std::chrono::milliseconds delay() const { return {}; }
    // What there is to say about dubs, one for each language; empty: nothing is dubbed. Valid until
    // the next call.
    virtual std::vector<DubStatus const*> dub_status() { return {}; }
    // What was said since the last call.
    virtual std::vector<DubCaption> take_captions() { return {}; }

protected:
    UnitSink& next() { return next_; }

private:
    UnitSink& next_;
};

// Makes the stage of a run, or the first of several, which then owns the others.
using StageFactory = std::function<std::unique_ptr<Stage>(
    net::EventLoop& loop, std::shared_ptr<StageSettings const> settings, UnitSink& next)>;

// The simplest stage: what comes in goes out.
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
