#include "router/hls/dvr_answer.hpp"

#include <algorithm>
#include <utility>

#include "hls/core/codec_support.hpp"
#include "hls/core/dvr_playlist.hpp"
#include "hls/core/index_playlist.hpp"
#include "hls/core/query.hpp"
#include "log/log.hpp"

namespace tidegate::router {

using recording::FileTime;
using recording::Stretches;
using std::chrono::nanoseconds;

namespace {

constexpr std::string_view kPlaylistType = "application/vnd.apple.mpegurl";
// It grows. A cache of several clients must not have what needs a permission.
constexpr std::string_view kPlaylistCache = "private, no-cache";
// A segment never changes.
constexpr std::string_view kMediaCache = "private, max-age=3600";
// The bit rate is that of so many stretches.
constexpr std::size_t kRatedStretches = 8;

template <class T>
using Result = std::expected<T, ApiError>;

// Which files there are is nobody's business.
std::unexpected<ApiError> refused(recording::CatalogueError const& error) {
    if (error.kind == recording::CatalogueError::Kind::failed)
        log::write(log::Level::debug, "hls.recording", "[HLS] " + error.message);
    return std::unexpected(ApiError{404, recording::no_segments().message});
}

std::int64_t micros(FileTime time) {
    return time.time_since_epoch().count();
}

hls::WallTime wall(FileTime time) {
    constexpr auto kLast = std::chrono::floor<std::chrono::microseconds>(hls::WallTime::max());
    return std::clamp(time, FileTime{}, kLast);
}

// The tracks of a file that HLS carries.
struct Carried {
    std::optional<std::size_t> video;
    std::vector<std::size_t> sounds;

    explicit Carried(Stretches const& file) {
        std::vector<hls::Source> sources;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < file.about.tracks.size(); ++i) {
            if (!file.playable[i]) continue;
            sources.push_back({file.about.tracks[i].track});
            places.push_back(i);
        }
        for (auto const chosen : hls::choose_tracks(sources)) {
            bool const is_video = sources[chosen].track.kind() == media::Kind::video;
            if (is_video) video = places[chosen];
            if (!is_video) sounds.push_back(places[chosen]);
        }
    }

    // A file that has no such sound is heard with its first.
    std::vector<std::size_t> of(hls::DvrTracks wanted) const {
        std::vector<std::size_t> tracks;
        if (wanted.video && video) tracks.push_back(*video);
        if (wanted.audio > 0 && !sounds.empty())
            tracks.push_back(sounds[wanted.audio <= sounds.size() ? wanted.audio - 1 : 0]);
        return tracks;
    }
};

DvrAnswer playlist_answer(hls::Playlist const& playlist, hls::Query const& query) {
    DvrAnswer answer{kPlaylistType, kPlaylistCache, {}};
    answer.pieces.push_back({playlist.with_query(query.encoded()), {}});
    return answer;
}

DvrAnswer media_answer(Stretches const& file, std::vector<std::size_t> const& tracks,
                       std::vector<recording::ClipPiece> pieces) {
    bool const video = std::ranges::any_of(tracks, [&](std::size_t track) {
        return file.about.tracks[track].track.kind() == media::Kind::video;
    });
    return {video ? "video/mp4" : "audio/mp4", kMediaCache, std::move(pieces)};
}

// For the bit rate.
hls::Window rated(recording::RewindPiece const& piece) {
    hls::Window window;
    auto const& file = *piece.file;
    auto const last = std::min(file.count(), piece.place.number + kRatedStretches);
    for (auto number = piece.place.number; number < last; ++number) {
        auto const end = number + 1 < file.count() ? file.cuts[number + 1].offset : file.read_to;
        auto segment = std::make_shared<hls::Segment>();
        segment->duration = file.end_of(number) - file.begin(number);
        segment->size = end - file.cuts[number].offset;
        window.segments.push_back(std::move(segment));
    }
    return window;
}

// The streams of a multivariant playlist. Picture and sound are in one where every player decodes
// both.
class DvrStreams {
public:
    explicit DvrStreams(recording::RewindPiece const& piece) : piece_(piece), rated_(rated(piece)) {
        Carried const carried(*piece.file);
        std::vector<hls::Source const*> all;
        if (carried.video) all.push_back(source(*carried.video, ""));
        for (std::size_t i = 0; i < carried.sounds.size(); ++i)
            all.push_back(source(carried.sounds[i], "audio" + std::to_string(i + 1)));
        bool const usual = hls::audio_group(all.empty() ? media::Track{} : all.back()->track) ==
                           hls::kUsualAudioGroup;
        if (all.empty()) return;
        if (all.size() == 1 || (carried.video && all.size() == 2 && usual)) {
            unsigned const audio = carried.sounds.empty() ? 0 : 1;
            add({carried.video.has_value(), audio}, all);
            return;
        }
        unsigned audio = 0;
        for (auto const* one : all) {
            bool const is_video = one->track.kind() == media::Kind::video;
            add({is_video, is_video ? 0 : ++audio}, {one});
        }
    }

    std::vector<hls::IndexStream> const& streams() const { return streams_; }

private:
    // default_name: of a sound that has none.
    hls::Source const* source(std::size_t track, std::string const& default_name) {
        auto made = std::make_unique<hls::Source>(piece_.file->about.tracks[track].track);
        if (made->track.name.empty()) made->track.name = default_name;
        sources_.push_back(std::move(made));
        return sources_.back().get();
    }

    void add(hls::DvrTracks tracks, std::vector<hls::Source const*> sources) {
        hls::DvrName const name{hls::DvrKind::playlist, micros(piece_.place.file),
                                static_cast<std::uint32_t>(piece_.place.number), 0, tracks};
        auto const group = hls::audio_group(sources.back()->track);
        streams_.push_back({hls::dvr_stream_id(name), streams_.empty() ? &rated_ : &unrated_,
                            std::move(sources), group});
    }

    recording::RewindPiece const& piece_;
    hls::Window const rated_;
    hls::Window const unrated_;
    std::vector<std::unique_ptr<hls::Source>> sources_;
    std::vector<hls::IndexStream> streams_;
};

Result<DvrAnswer> index_answer(DvrJob const& job) {
    auto const piece = job.rewind->find(job.ask, *job.start);
    if (!piece) return refused(piece.error());
    DvrStreams const made(*piece);
    bool const too_late = job.duration && piece->begin >= *job.start + *job.duration;
    if (made.streams().empty() || too_late) return refused(recording::no_segments());
    return playlist_answer(hls::render_index(hls::Variant::fmp4, made.streams()),
                           hls::Query(job.query));
}

// What is told of pieces whose files have the same tracks refers to one init.
std::vector<hls::DvrSegment> segments_of(recording::RewindList const& list, hls::DvrTracks tracks) {
    std::vector<hls::DvrSegment> segments;
    std::optional<std::int64_t> init;
    Stretches const* before = nullptr;
    for (auto const& piece : list.pieces) {
        auto const* const file = piece.file.get();
        if (before == nullptr || before->about.tracks != file->about.tracks) {
            init.reset();
            if (!Carried(*file).of(tracks).empty()) init = micros(piece.place.file);
        }
        before = file;
        segments.push_back({.file = micros(piece.place.file),
                            .number = static_cast<std::uint32_t>(piece.place.number),
                            .origin = piece.place.origin.count(),
                            .duration = piece.duration,
                            .begin = wall(piece.begin),
                            .goes_on = piece.goes_on,
                            .init = init});
    }
    return segments;
}

Result<DvrAnswer> list_answer(DvrJob const& job) {
    auto const& name = *job.name;
    auto const until =
        job.start && job.duration
            ? *job.start + std::chrono::ceil<std::chrono::microseconds>(*job.duration)
            : FileTime::max();
    FileTime const file{std::chrono::microseconds(name.file)};
    auto const list = job.rewind->list(job.ask, {file, name.number, {}}, until);
    if (!list) return refused(list.error());
    hls::DvrPlaylist playlist{
        .segments = segments_of(*list, name.tracks), .tracks = name.tracks, .ended = list->ended};
    if (job.start) {
        nanoseconds length{};
        for (auto const& segment : playlist.segments) length += segment.duration;
        auto const into = wall(*job.start) - playlist.segments.front().begin;
        playlist.start = std::clamp<nanoseconds>(into, nanoseconds{}, length);
    }
    hls::Query query(job.query);
    for (auto const* const own : {"start", "duration"}) query.erase(own);
    return playlist_answer(hls::render(playlist), query);
}

Result<DvrAnswer> media_file_answer(DvrJob const& job) {
    auto const& name = *job.name;
    FileTime const start{std::chrono::microseconds(name.file)};
    auto const file = job.rewind->about(job.ask, start);
    if (!file) return refused(file.error());
    auto const tracks = Carried(**file).of(name.tracks);
    if (tracks.empty()) return refused(recording::no_segments());
    if (name.kind == hls::DvrKind::init) {
        auto init = recording::rewind_init(**file, tracks);
        if (!init) return refused(init.error());
        return media_answer(**file, tracks, {{*std::move(init), {}}});
    }
    recording::RewindPlace const place{start, name.number, std::chrono::microseconds(name.origin)};
    auto pieces = job.rewind->read(job.ask, place, tracks);
    if (!pieces) return refused(pieces.error());
    return media_answer(**file, tracks, *std::move(pieces));
}

}  // namespace

std::expected<DvrAnswer, ApiError> dvr_answer(DvrJob const& job) {
    if (!job.name) return index_answer(job);
    if (job.name->kind == hls::DvrKind::playlist) return list_answer(job);
    return media_file_answer(job);
}

}  // namespace tidegate::router
