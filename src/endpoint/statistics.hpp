// What is counted of the media that goes through a program, for the metrics, the status line and
// the log. The loop only; time is an argument.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "media/track.hpp"
#include "media/unit.hpp"

namespace tidegate::endpoint {

using ArrivalTime = std::chrono::steady_clock::time_point;

// A histogram of delays with fixed buckets, from the time of a memory copy to that of a hung peer.
class DelayHistogram {
public:
    // Seconds.
    static constexpr std::array kUpperBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                             0.025,  0.05,    0.1,    0.25,  0.5,    1.0,   5.0};

    void observe(std::chrono::nanoseconds delay);
    // How many delays fell into each bucket; the last bucket has those above all bounds.
    std::array<std::uint64_t, kUpperBounds.size() + 1> const& counts() const { return counts_; }
    double sum_seconds() const { return sum_; }
    std::uint64_t total() const { return total_; }

private:
    std::array<std::uint64_t, kUpperBounds.size() + 1> counts_{};
    double sum_ = 0;
    std::uint64_t total_ = 0;
};

struct TrackCounts {
    std::uint64_t units = 0;
    std::uint64_t bytes = 0;
};

class Statistics {
public:
    // A unit has come in. arrival: when its last packet came.
    void count_in(media::Unit const& unit, ArrivalTime arrival);
    // A unit was made in the source's place.
    void count_filler(media::Unit const& unit, ArrivalTime made);
    // The unit of the last count_in() is a picture.
    void count_picture_in() { ++pictures_in_; }
    // A unit was put into the output's queue; the next flushed() means that it has been written.
    void count_out(media::Unit const& unit, media::Kind kind);
    void flushed(ArrivalTime now);

    std::vector<TrackCounts> const& in() const { return in_; }    // by track
    std::vector<TrackCounts> const& out() const { return out_; }  // by track
    std::uint64_t units_in() const { return units_in_; }
    std::uint64_t units_out() const { return units_out_; }
    std::uint64_t pictures_in() const { return pictures_in_; }
    std::uint64_t pictures_out() const { return pictures_out_; }
    // The time between the last two key frames that went out; nullopt: there were no two.
    std::optional<base::Timestamp> gop() const { return gop_; }
    // The time from the arrival of a unit's last packet until the unit was written. If a stage
    // holds units back, an outgoing unit is compared with the incoming one of the same decoding
    // time, or with the last one before it. Sound that goes on after an incoming unit counts from
    // as much later.
    DelayHistogram const& delays() const { return delays_; }
    std::chrono::nanoseconds last_delay() const { return last_delay_; }
    // How far apart the tracks are sent: the newest video dts minus the newest audio dts that went
    // out; 0 if there is only one of them. It says nothing about how they are played.
    base::Timestamp av_interleave() const;
    std::optional<base::Timestamp> newest_out() const;

    // By how much the times of outgoing units are later than those of incoming ones.
    base::Timestamp output_delay{};
    std::uint64_t reconnections = 0;
    std::uint64_t gaps = 0;           // how often the output was filled
    std::uint64_t units_filled = 0;   // that were made in the source's place
    std::uint64_t packets_lost = 0;   // RTP packets, on all connections together
    std::uint64_t units_dropped = 0;  // because the output did not take them
    // By how much the picture is later, compared with the sound, than the input says it should be.
    base::Timestamp av_offset{};
    std::string last_error;
    // Arrivals of units that have not gone out yet.
    std::size_t remembered() const;

private:
    struct Arrival {
        base::Timestamp dts{};
        ArrivalTime at;
    };

    void remember(media::Unit const& unit, ArrivalTime arrival);
    // When a unit of this time had come in. nullopt: none of its track has.
    std::optional<ArrivalTime> arrival_of(std::uint16_t track, base::Timestamp dts);

    std::vector<TrackCounts> in_, out_;
    std::vector<std::deque<Arrival>> arrivals_;  // by track; only of a stage that holds units back
                                                 // more than the newest. dts rises
    std::vector<ArrivalTime> unwritten_;  // arrivals of the units in the queue since the last flush
    std::optional<base::Timestamp> newest_video_, newest_audio_;
    std::uint64_t units_in_ = 0, units_out_ = 0;
    std::uint64_t pictures_in_ = 0, pictures_out_ = 0;
    std::optional<base::Timestamp> newest_keyframe_, gop_;
    DelayHistogram delays_;
    std::chrono::nanoseconds last_delay_{};
};

}  // namespace tidegate::endpoint
