// The units of a stream since its last key frame (a group of pictures). A reader that comes in
// between begins with them, and need not wait for the next key frame. The items share their bytes
// with the readers; nothing is copied. One thread at a time: the stream's lock guards it.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "router/stream/fanout_item.hpp"

namespace tidegate::router {

// What a group may hold, so that a stream without further key frames fills no memory. A group that
// is longer is forgotten, because a part of it is of no use to anybody.
// Bytes of the units and of their wire forms: 4 s of 20 Mbit/s in three forms.
inline constexpr std::size_t kMaxGopBytes = std::size_t{32} << 20;
// Encoders send a key frame every 10 s at the longest (kKeyframePatience), give or take a picture.
inline constexpr std::chrono::seconds kMaxGopTime{12};
// For units that are all of the same time. In 12 s come 720 pictures at 60 fps, and 563 units of
// each AAC track.
inline constexpr std::size_t kMaxGopUnits = 8192;

// Which readers begin with the group: those of a wire form, and those of units only.
struct GopReaders {
    std::array<bool, kWireForms> forms{};
    bool units = false;

    bool& form(WireForm form) { return forms[static_cast<std::size_t>(form)]; }
    bool any() const { return units || std::ranges::any_of(forms, std::identity{}); }
    bool has(std::optional<WireForm> form) const {
        return form ? forms[static_cast<std::size_t>(*form)] : units;
    }
};

// What a reader gets first.
struct Beginning {
    std::vector<FanoutItem> items;
    // The number of the last item; the reader goes on with the next one.
    std::uint32_t last = 0;
};

// Tells a reader which items of its outlet it has had in its Beginning: they were on their way
// already when it asked for that.
class AlreadyHad {
public:
    void note(Beginning const& beginning) {
        if (!beginning.items.empty()) last_ = beginning.last;
    }
    // Whether such items may still come.
    bool pending() const { return last_.has_value(); }
    // A new configuration is never left out: the reader may have been told of the old one.
    bool covers(FanoutItem const& item) {
        if (!last_ || item.changed_track) return false;
        if (static_cast<std::int32_t>(item.number - *last_) <= 0) return true;
        last_.reset();
        return false;
    }

private:
    std::optional<std::uint32_t> last_;
};

class GopCache {
public:
    // starts: the group begins with this item. Nothing is kept before the first key frame, nor
    // between the end of a group that has become too large and the next key frame.
    void add(FanoutItem const& item, bool starts);
    // Forgets the group.
    void clear();
    // Calls make(item) for each item, so that it gets a wire form that it lacks.
    void complete(std::function<void(FanoutItem&)> const& make);

    std::vector<FanoutItem> const& items() const { return items_; }

private:
    void give_up_if_too_large();

    std::vector<FanoutItem> items_;
    std::size_t bytes_ = 0;
};

}  // namespace tidegate::router
