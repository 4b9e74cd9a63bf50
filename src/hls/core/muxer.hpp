// Turns the units of one stream into HLS: segments, parts and playlists, as MediaMTX makes them.
// No clock, no files, no log. One thread; what it makes (edition.hpp) is for all threads.
//
// Each video and each audio track becomes a stream of its own (a rendition), or all of them one
// stream with MPEG-TS. The leading stream, the video where there is one, decides where segments
// and parts end; the others are cut at the same moments.
//
// Captions, if a publication says that it has some, become a stream for each language
// (subtitles.hpp).
//
// A publisher that goes and comes back stays within one muxer: finish_publication(), then
// begin_publication(). Readers see an EXT-X-DISCONTINUITY.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hls/core/edition.hpp"
#include "hls/core/refusals.hpp"
#include "hls/core/settings.hpp"
#include "media/caption.hpp"
#include "media/error.hpp"
#include "media/unit.hpp"

namespace tidegate::hls {

// Says why there is no muxer for these: see refusals.hpp.
using Error = media::Error;

// Times of the output begin here. A publisher's times may be before their zero, those of MP4 may
// not.
inline constexpr base::Timestamp kTimelineStart = std::chrono::seconds(10);
// A larger step of the leading track's times is not a gap in the stream but another timeline, and
// so is a step back. Units of the other tracks may be as far from it.
inline constexpr base::Timestamp kMaxLeap = std::chrono::seconds(10);
inline constexpr base::Timestamp kMaxStepBack = std::chrono::seconds(1);
// A segment without a key frame ends after this time nevertheless, or after four times the
// configured duration: its parts all stand in the playlist, which is rendered with each of them.
inline constexpr base::Timestamp kLongestSegment = std::chrono::minutes(1);
// A segment or part may be shorter than configured by this: RTMP counts milliseconds, so two key
// frames a second apart may have times that are 999 ms apart.
inline constexpr base::Timestamp kCutTolerance = std::chrono::milliseconds(2);
// How long the last unit before a discontinuity lasts: as long as the step between the last two
// units of the leading track, at most kLongestStep. kUsualStep stands for it until there were two.
inline constexpr base::Timestamp kUsualStep = std::chrono::milliseconds(20);
inline constexpr base::Timestamp kLongestStep = std::chrono::seconds(1);

class Muxer {
public:
    // The muxer with its first publication begun. captions: the languages of its captions. Errors:
    // too few segments for the variant, tracks that MPEG-TS does not take, kNoSupportedCodec.
    static std::expected<Muxer, Error> create(Settings settings, std::span<Source const> sources,
                                              std::span<std::string const> captions = {});

    Muxer(Muxer&&) noexcept;
    Muxer& operator=(Muxer&&) noexcept;
    ~Muxer();

    // Indices of the publication's tracks: those that are carried, video first, and those that are
    // left out ("skipping track <n> (<codec>)").
    std::span<std::size_t const> carried() const;
    std::span<std::size_t const> skipped() const;

    // The next unit of a track, in the order of decoding. wall: when it was taken, by the
    // publisher's clock if that is known, or else when it came (wall_clock.hpp). True: there is a
    // new edition. An error means that the muxer is of no further use ("reached maximum segment
    // size").
    std::expected<bool, Error> push(media::Unit const& unit, WallTime wall);
    // A track has a new configuration from its next unit on. REQUIRES: the same codec.
    void set_track(std::size_t track, media::Track config);

    // A caption with the publication's times, as its units have them. It stands in the segments of
    // its time that are not finished yet. False: there are none, too many captions are there, or
    // the publication has none of this language.
    bool add_caption(media::Caption caption);

    // The publisher has gone: what is there becomes the last segment. True: there is a new edition.
    std::expected<bool, Error> finish_publication();
    // A publisher has come back. Its tracks may be others, but not video where there was none, or
    // none where there was video: that is an error, and the muxer is as before. True: there is a
    // new edition.
    std::expected<bool, Error> begin_publication(std::span<Source const> sources,
                                                 std::span<std::string const> captions = {});

    // The latest edition. Never nullptr.
    std::shared_ptr<Edition const> const& edition() const;

    // What an operator should know ("part duration changed from ..."). Empties the list.
    std::vector<std::string> take_warnings();

private:
    class Impl;
    explicit Muxer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::hls
