// What the log says of a reader that does not get everything: it is too slow and loses frames, or
// it gets no picture although its stream has some. A reader tells its ReaderWatch what it
// withholds; one that gets everything costs nothing. One event loop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.hpp"
#include "router/stream/keyframe_patience.hpp"

namespace tidegate::router {

// When a reader counts as one without a picture: later than the time after which pictures begin
// without a key frame.
inline constexpr std::chrono::seconds kPictureDue = kKeyframePatience + std::chrono::seconds{2};

// Counts the frames that a slow reader loses, and says so at most once per second.
class SlowReader {
public:
    using Time = std::chrono::steady_clock::time_point;

    void discarded(std::uint64_t frames) { unreported_ += frames; }

    // The line to log now, without the session's prefix; nothing if there is none.
    std::optional<std::string> report(Time now);

private:
    std::uint64_t unreported_ = 0;
    Time last_report_{};
};

// Notices that a reader gets no picture. It gives one line for the log then, and one when pictures
// come back.
class PictureWatch {
public:
    using Time = std::chrono::steady_clock::time_point;

    // A picture was not sent, because it waits for a key frame or found no room.
    void withheld(bool keyframe) {
        ++withheld_;
        if (keyframe) ++keyframes_;
    }
    // The picture that the reader waited for was sent.
    void resumed();
    // The reader wants no pictures for now.
    void forget() { *this = {}; }

    // missing: the reader is without a picture from now on; otherwise it has one again. text: the
    // line to log, without the session's prefix.
    struct News {
        bool missing;
        std::string text;
    };
    // To be called several times a second. Returns nothing when nothing has changed.
    std::optional<News> look(Time now) {
        bool const back = missing_since_ && !withheld_since_;
        return back || withheld_ != seen_ ? judge(now) : std::nullopt;
    }

private:
    std::optional<News> judge(Time now);
    std::string reason() const;

    // Since the last picture that was sent.
    std::uint64_t withheld_ = 0;
    std::uint64_t keyframes_ = 0;
    std::uint64_t seen_ = 0;  // withheld_ at the last look
    std::optional<Time> withheld_since_;

    bool had_one_ = false;
    std::optional<Time> missing_since_;  // set once it is in the log
};

// Both of one reader.
struct ReaderWatch {
    struct Line {
        log::Level level;
        std::string_view event;
        std::string text;  // without the session's prefix
    };

    // To be called several times a second. Returns the lines to log now. without_picture: what the
    // API and the metrics show; look() keeps it up to date.
    std::vector<Line> look(std::chrono::steady_clock::time_point now,
                           std::atomic<bool>& without_picture);

    SlowReader slow;
    PictureWatch pictures;
};

}  // namespace tidegate::router
