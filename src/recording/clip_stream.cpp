#include "recording/clip_stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mp4/file_writer.hpp"
#include "mp4/fragment.hpp"
#include "mp4/init_segment.hpp"

namespace tidegate::recording {

namespace {

CatalogueError stream_failed(std::string message) {
    return {CatalogueError::Kind::failed, std::move(message)};
}

// Gathers the samples of a clip by track.
class FilePlan {
public:
    explicit FilePlan(std::size_t tracks) : times_(tracks), samples_(tracks) {}

    // False: they are too many.
    bool add(ClipPart part) {
        for (auto& run : part) {
            count_ += run.samples.size();
            chunks_.push_back({run.track, static_cast<std::uint32_t>(run.samples.size())});
            std::ranges::move(run.times, std::back_inserter(times_[run.track]));
            std::ranges::move(run.samples, std::back_inserter(samples_[run.track]));
            std::ranges::move(run.sources, std::back_inserter(piece_.sources));
        }
        return count_ <= kMaxFileSamples;
    }

    std::expected<ClipPiece, CatalogueError> finish(std::vector<mp4::TrackSetup> const& setups) {
        std::vector<mp4::FileTrack> tracks;
        std::vector<std::size_t> place(setups.size());
        for (std::size_t i = 0; i < setups.size(); ++i) {
            if (samples_[i].empty()) continue;
            set_durations(i);
            place[i] = tracks.size();
            tracks.push_back({setups[i], times_[i].front(), samples_[i]});
        }
        if (tracks.empty()) return std::unexpected(no_segments());
        for (auto& chunk : chunks_) chunk.track = place[chunk.track];
        auto header = mp4::write_file_header(tracks, chunks_);
        if (!header) return std::unexpected(stream_failed(std::move(header.error().message)));
        piece_.head = std::move(header->header);
        return std::move(piece_);
    }

private:
    // Until the next one is due; there may be a short pause between two files.
    void set_durations(std::size_t track) {
        auto const& times = times_[track];
        for (std::size_t i = 0; i + 1 < times.size(); ++i) {
            samples_[track][i].duration = static_cast<std::uint32_t>(
                std::clamp<std::int64_t>(times[i + 1] - times[i], 0, mp4::kMax32));
        }
    }

    std::vector<std::vector<std::int64_t>> times_;
    std::vector<std::vector<mp4::FileSample>> samples_;
    std::vector<mp4::FileChunk> chunks_;
    ClipPiece piece_;
    std::size_t count_ = 0;
};

}  // namespace

std::expected<ClipFragments, CatalogueError> ClipFragments::open(ClipAsk ask) {
    auto clip = Clip::open(std::move(ask));
    if (!clip) return std::unexpected(std::move(clip.error()));
    ClipFragments made(*std::move(clip));
    auto init = mp4::write_init_segment(made.clip_.tracks());
    if (!init) return std::unexpected(stream_failed(std::move(init.error().message)));
    auto first = made.fragment();
    if (!first) return std::unexpected(stream_failed(std::move(first.error())));
    if (!*first) return std::unexpected(no_segments());
    made.first_.push_back(**std::move(first));
    made.first_.push_back({*std::move(init), {}});
    return made;
}

std::expected<std::optional<ClipPiece>, std::string> ClipFragments::next() {
    if (first_.empty()) return fragment();
    auto piece = std::move(first_.back());
    first_.pop_back();
    return piece;
}

std::expected<std::optional<ClipPiece>, std::string> ClipFragments::fragment() {
    auto part = clip_.next();
    if (!part) return std::unexpected(std::move(part.error()));
    if (!*part) return std::nullopt;
    ClipPiece piece;
    std::vector<mp4::FileRun> runs;
    for (auto& run : **part) {
        auto const shown =
            std::ranges::find_if(run.times, [](std::int64_t time) { return time >= 0; });
        auto const lead = static_cast<std::size_t>(shown - run.times.begin());
        for (std::size_t i = 0; i < lead; ++i) run.samples[i].duration = 0;
        auto const begin = shown == run.times.end() ? 0 : *shown;
        runs.push_back({.track_id = clip_.tracks()[run.track].id,
                        .decode_time = static_cast<std::uint64_t>(begin),
                        .samples = run.samples});
        std::ranges::move(run.sources, std::back_inserter(piece.sources));
    }
    auto head = mp4::write_fragment_header(sequence_++, runs);
    if (!head) return std::unexpected(std::move(head.error().message));
    piece.head = *std::move(head);
    return piece;
}

std::expected<ClipPiece, CatalogueError> clip_file(ClipAsk ask) {
    auto clip = Clip::open(std::move(ask));
    if (!clip) return std::unexpected(std::move(clip.error()));
    FilePlan plan(clip->tracks().size());
    while (true) {
        auto part = clip->next();
        if (!part) return std::unexpected(stream_failed(std::move(part.error())));
        if (!*part) return plan.finish(clip->tracks());
        if (!plan.add(**std::move(part))) {
            return std::unexpected(
                stream_failed("the clip is too long for the format mp4; fmp4 has no limit"));
        }
    }
}

}  // namespace tidegate::recording
