// Notices a reader that gets no picture although its stream has some, and names it once, until it
// gets one again. It is told only what is withheld from a reader and what ends that, so it costs
// nothing with a reader that gets everything. One event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "router/stream/keyframe_patience.hpp"

namespace tidegate::router {

// A reader is without a picture from then on: later than its pictures begin by themselves.
inline constexpr std::chrono::seconds kPictureDue = kKeyframePatience + std::chrono::seconds{2};

class PictureWatch {
public:
    using Time = std::chrono::steady_clock::time_point;

    // A picture was not sent: it waits for a key frame, or found no room.
    void withheld(bool keyframe) {
        ++withheld_;
        if (keyframe) ++keyframes_;
    }
    // The picture that the reader waited for was sent.
    void resumed();
    // The reader wants no pictures for now.
    void forget() { *this = {}; }

    // missing: it is without a picture now. text: the line to log, without the session's prefix.
    struct News {
        bool missing;
        std::string text;
    };
    // To be called several times a second.
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
    std::optional<Time> missing_since_;  // set once it is named
};

}  // namespace tidegate::router
