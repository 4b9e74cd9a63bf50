// All that a muxer serves at one moment: playlists and media. A muxer makes a new edition whenever
// a part or a segment is finished. Immutable: any thread may answer requests from one, and what it
// hands out stays valid when the muxer goes on.
//
// A reader that must wait keeps its Request, and asks the next edition again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "hls/core/playlist.hpp"
#include "hls/core/request.hpp"
#include "hls/core/settings.hpp"
#include "hls/core/window.hpp"
#include "mp4/slices.hpp"

namespace tidegate::hls {

enum class Outcome : std::uint8_t {
    ready,        // 200 with the body
    wait,         // not there yet: ask a later edition, for hold_time() at most
    bad_request,  // 400
    not_found,    // 404: never was, or is gone
};

struct Answer {
    Outcome outcome = Outcome::not_found;
    std::string_view content_type{};
    // How long a cache that all readers share may keep it; nullopt: not at all.
    std::optional<std::chrono::seconds> max_age;
    mp4::Slices body;
};

inline constexpr std::string_view kPlaylistType = "application/vnd.apple.mpegurl";
// How long shared caches may keep the index and media. Those of MediaMTX.
inline constexpr std::chrono::seconds kIndexMaxAge{30};
inline constexpr std::chrono::seconds kMediaMaxAge{3600};
// How many target durations a request may wait (RFC 8216bis §6.2.5.2).
inline constexpr int kHoldTargets = 3;

class Edition {
public:
    // Rises with each edition of a muxer, from 1.
    std::uint64_t version() const { return version_; }
    // Whether enough is there for a player to start: one finished segment, two for fmp4.
    // Playlists wait until then.
    bool has_content() const { return has_content_; }

    Answer answer(Request const& request) const;

    // How long a request may wait before it must be answered in another way: with latest() or an
    // error.
    base::Timestamp hold_time() const;
    // The playlist of the request as it is now, for a reload that has waited for too long.
    Answer latest(Request const& request) const;

    // Everything that can be asked for by name, init segments and playlists included: for a
    // directory on disk. The index is last.
    struct File {
        std::string name;
        mp4::Slices content;
    };
    std::vector<File> files() const;

private:
    friend class EditionMaker;

    struct Stream {
        std::string id;
        std::string_view content_type;
        bool subtitles = false;  // of WebVTT: it has whole segments only
        Window window;           // what is there
        Playlist full;
        std::optional<Playlist> delta;  // nullopt: nothing may be skipped
    };

    Stream const* find(std::string_view id) const;
    Answer playlist(Stream const& stream, Request const& request) const;
    Answer media(Stream const& stream, FileName const& file) const;

    std::uint64_t version_ = 0;
    Variant variant_ = Variant::low_latency;
    bool has_content_ = false;
    std::string prefix_;
    std::chrono::seconds target_duration_{0};
    base::Timestamp part_target_{};
    Playlist index_;
    std::vector<Stream> streams_;
};

}  // namespace tidegate::hls
