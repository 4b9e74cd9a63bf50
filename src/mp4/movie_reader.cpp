#include <algorithm>
#include <limits>
#include <string>

#include "media/language.hpp"
#include "mp4/box.hpp"
#include "mp4/movie.hpp"
#include "mp4/sample_entry.hpp"

namespace tidegate::mp4 {

namespace {

// An edit list moves a track by at most this many ticks: more than 3,000 years at 10 MHz.
constexpr std::int64_t kMaxShift = std::int64_t{1} << 60;

struct MovieTimes {
    std::uint32_t timescale = 0;
    std::uint64_t duration = 0;
};

// mvhd and mdhd begin with the same fields (§8.2.2, §8.4.2).
MovieTimes read_times(base::ByteReader& reader) {
    auto const box = read_full_box(reader);
    read_versioned(reader, box);
    read_versioned(reader, box);
    MovieTimes times;
    times.timescale = reader.u32();
    times.duration = read_versioned(reader, box);
    auto const unknown = box.version == 1 ? std::numeric_limits<std::uint64_t>::max()
                                          : std::numeric_limits<std::uint32_t>::max();
    if (times.duration == unknown) times.duration = 0;
    return times;
}

std::string unpacked(std::uint16_t language) {
    std::string letters;
    for (unsigned i = 0; i < 3; ++i) {
        letters += static_cast<char>(0x60 + (language >> (10 - 5 * i) & 31));
    }
    return media::language_tag(letters);
}

std::int64_t clamped(std::int64_t ticks) {
    return std::clamp(ticks, -kMaxShift, kMaxShift);
}

std::int64_t scaled(std::uint64_t duration, std::uint32_t from, std::uint32_t to) {
    if (from == 0 || duration / from >= static_cast<std::uint64_t>(kMaxShift) / to)
        return kMaxShift;
    return static_cast<std::int64_t>(duration / from * to + duration % from * to / from);
}

// MovieTrack::shift: the pauses at the start, minus the media time at which the first edit that
// shows something begins.
std::int64_t read_shift(base::ByteView elst, std::uint32_t movie_timescale,
                        std::uint32_t timescale) {
    base::ByteReader reader(elst);
    auto const box = read_full_box(reader);
    std::int64_t shift = 0;
    for (auto left = reader.u32(); left > 0; --left) {
        auto const duration = read_versioned(reader, box);
        auto const time = read_versioned(reader, box);
        reader.skip(4);
        if (reader.failed()) return 0;
        auto const start =
            box.version == 1 ? static_cast<std::int64_t>(time) : static_cast<std::int32_t>(time);
        if (start >= 0) return clamped(shift - clamped(start));
        shift = clamped(shift + scaled(duration, movie_timescale, timescale));
    }
    return shift;
}

media::Error broken(char const* box) {
    return {std::string("invalid ") + box + " box"};
}

std::expected<SampleEntry, media::Error> read_description(base::ByteView stsd) {
    base::ByteReader reader(stsd);
    read_full_box(reader);
    reader.skip(4);
    BoxReader entries(reader.rest());
    auto const entry = entries.next();
    if (!entry) return std::unexpected(broken("stsd"));
    return read_sample_entry(*entry);
}

std::uint32_t read_track_id(base::ByteView tkhd) {
    base::ByteReader reader(tkhd);
    auto const box = read_full_box(reader);
    read_versioned(reader, box);
    read_versioned(reader, box);
    return reader.u32();
}

std::expected<MovieTrack, media::Error> read_track(base::ByteView trak,
                                                   std::uint32_t movie_timescale) {
    MovieTrack track;
    auto const mdia = find_box(trak, "mdia"_box);
    base::ByteReader mdhd(find_box(mdia, "mdhd"_box));
    auto const times = read_times(mdhd);
    auto language = unpacked(mdhd.u16());
    if (mdhd.failed() || times.timescale == 0) return std::unexpected(broken("mdhd"));
    track.id = read_track_id(find_box(trak, "tkhd"_box));
    track.timescale = times.timescale;
    track.duration = times.duration;
    auto const stbl = find_box(find_box(mdia, "minf"_box), "stbl"_box);
    auto entry = read_description(find_box(stbl, "stsd"_box));
    if (!entry) return std::unexpected(entry.error());
    track.track = std::move(entry->track);
    if (track.track.kind() == media::Kind::audio) track.track.language = std::move(language);
    track.length_size = entry->length_size;
    auto const edts = find_box(trak, "edts"_box);
    track.shift = read_shift(find_box(edts, "elst"_box), movie_timescale, track.timescale);
    track.samples = read_sample_table(stbl);
    return track;
}

void read_defaults(base::ByteView mvex, Movie& movie) {
    BoxReader boxes(mvex);
    while (auto const box = boxes.next()) {
        if (box->type != "trex"_box) continue;
        base::ByteReader reader(box->payload);
        read_full_box(reader);
        auto const place = movie.track_with_id(reader.u32());
        FragmentDefaults defaults;
        defaults.description = reader.u32();
        defaults.duration = reader.u32();
        defaults.size = reader.u32();
        defaults.flags = reader.u32();
        if (place && !reader.failed()) movie.tracks[*place].defaults = defaults;
    }
}

void add_track(base::ByteView trak, Movie& movie) {
    auto track = read_track(trak, movie.timescale);
    if (!track) {
        if (movie.skipped.size() < media::kMaxTracks)
            movie.skipped.push_back(std::move(track.error().message));
    } else if (movie.tracks.size() < media::kMaxTracks && !movie.track_with_id(track->id)) {
        movie.tracks.push_back(*std::move(track));
    }
}

}  // namespace

std::optional<std::size_t> Movie::track_with_id(std::uint32_t id) const {
    auto const found = std::ranges::find(tracks, id, &MovieTrack::id);
    if (found == tracks.end()) return std::nullopt;
    return static_cast<std::size_t>(found - tracks.begin());
}

std::expected<Movie, media::Error> read_movie(base::SharedBytes payload) {
    Movie movie;
    movie.box = std::move(payload);
    base::ByteReader mvhd(find_box(movie.box.view(), "mvhd"_box));
    auto const times = read_times(mvhd);
    if (mvhd.failed() || times.timescale == 0) return std::unexpected(broken("mvhd"));
    movie.timescale = times.timescale;
    movie.duration = times.duration;
    BoxReader boxes(movie.box.view());
    while (auto const box = boxes.next()) {
        if (box->type == "trak"_box) add_track(box->payload, movie);
        if (box->type == "mvex"_box) movie.fragmented = true;
        if (box->type != "udta"_box) continue;
        auto const info = find_box(box->payload, "mtxi"_box);
        if (!info.empty()) movie.recording = read_recording_info(info);
    }
    if (boxes.failed()) return std::unexpected(broken("moov"));
    read_defaults(find_box(movie.box.view(), "mvex"_box), movie);
    return movie;
}

}  // namespace tidegate::mp4
