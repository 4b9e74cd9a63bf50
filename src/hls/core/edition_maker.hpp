// Makes the editions of a muxer out of its streams. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hls/core/edition.hpp"
#include "hls/core/settings.hpp"
#include "hls/core/stream_maker.hpp"
#include "hls/core/subtitles.hpp"

namespace tidegate::hls {

class EditionMaker {
public:
    struct Stream {
        StreamMaker const* maker = nullptr;
        // Its tracks in the present publication; empty: it has none.
        std::vector<Source const*> sources;
    };

    struct Captions {
        Subtitles const* maker = nullptr;
        bool offered = false;  // the present publication has captions of this language
    };

    // settings: must outlive this.
    explicit EditionMaker(Settings const& settings) : settings_(settings) {}

    // The first stream is the leading one.
    std::shared_ptr<Edition const> make(std::vector<Stream> const& streams,
                                        std::vector<Captions> const& captions);

    // The next edition has another index.
    void tracks_changed() { index_of_ = 0; }
    // Empties the list.
    std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

private:
    void update_targets(Window const& leading);
    Playlist index(std::vector<Stream> const& streams, std::vector<Captions> const& captions);
    Edition::Stream stream_of(StreamMaker const& maker, std::vector<std::string> const& others,
                              bool subtitles, bool has_content) const;

    Settings const& settings_;
    std::uint64_t version_ = 0;
    bool had_content_ = false;
    std::chrono::seconds target_duration_{0};
    base::Timestamp part_target_{};
    Playlist index_;
    std::uint64_t index_of_ = 0;  // the number of the open segment when it was rendered
    std::vector<std::string> warnings_;
};

}  // namespace tidegate::hls
