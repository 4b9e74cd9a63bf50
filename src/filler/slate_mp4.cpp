// A clip from an MP4 file in memory.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "filler/slate.hpp"
#include "media/access_unit.hpp"
#include "media/av1.hpp"
#include "mp4/file_reader.hpp"

namespace tidegate::filler::detail {

namespace {

using Slated = std::expected<void, std::string>;

constexpr std::int64_t kSecondsOfAYear = 365 * 24 * 3600;

class Mp4Slate {
public:
    explicit Mp4Slate(base::SharedBytes const& file) : file_(file) {}

    Slated read() {
        mp4::FileReader reader(file_.size());
        while (auto const range = reader.wanted()) {
            auto const found = reader.feed(file_.view().subspan(range->offset, range->size));
            if (!found) return std::unexpected(found.error().message);
            if (*found == mp4::FileReader::Found::movie) {
                if (auto const took = take_tables(*reader.movie()); !took) return took;
            } else if (*found == mp4::FileReader::Found::fragment) {
                for (auto samples = reader.fragment(); auto const sample = samples.next();) {
                    auto const took =
                        take(reader.movie()->tracks[sample->track], sample->track, sample->sample);
                    if (!took) return took;
                }
            }
        }
        if (reader.movie() == nullptr) return std::unexpected("it is neither MP4 nor FLV");
        return {};
    }

    SlateMedia media;

private:
    Slated take_tables(mp4::Movie const& movie) {
        for (auto const& track : movie.tracks) media.tracks.push_back(track.track);
        for (std::size_t i = 0; i < movie.tracks.size(); ++i) {
            auto const& track = movie.tracks[i];
            mp4::SampleReader samples(track.samples, track.shift);
            while (auto const sample = samples.next()) {
                if (auto const took = take(track, i, *sample); !took) return took;
            }
        }
        return {};
    }

    Slated take(mp4::MovieTrack const& track, std::size_t number, mp4::Sample const& sample) {
        if (media.units.size() >= kMaxSlateUnits) return std::unexpected("it is too long");
        if (sample.offset > file_.size() || sample.size > file_.size() - sample.offset) {
            return std::unexpected("it is cut off");
        }
        auto const year = std::int64_t{track.timescale} * kSecondsOfAYear;
        if (std::max(sample.dts, sample.pts) > year || std::min(sample.dts, sample.pts) < -year) {
            return std::unexpected("it is longer than a year");
        }
        media::Unit unit;
        unit.track = static_cast<std::uint16_t>(number);
        unit.dts = base::from_ticks(sample.dts, track.timescale);
        unit.pts = base::from_ticks(sample.pts, track.timescale);
        unit.payload = file_.slice(sample.offset, sample.size);
        unit.keyframe = sample.sync;
        if (auto const made = fill_in(unit, track); !made) return made;
        media.units.push_back(std::move(unit));
        return {};
    }

    static Slated fill_in(media::Unit& unit, mp4::MovieTrack const& track) {
        auto const codec = track.track.codec();
        if (codec == media::Codec::av1) {
            auto picture = media::read_temporal_unit(unit.payload);
            if (!picture) return std::unexpected(picture.error().message);
            unit.payload = std::move(picture->payload);
        }
        if (track.track.parameter_sets() == nullptr) return {};
        auto picture = media::read_access_unit(codec, unit.payload, track.length_size);
        if (!picture) return std::unexpected(picture.error().message);
        unit.payload = std::move(picture->payload);
        unit.keyframe = picture->summary.keyframe;
        return {};
    }

    base::SharedBytes const& file_;
};

}  // namespace

std::expected<SlateMedia, std::string> read_mp4_slate(base::SharedBytes const& file) {
    Mp4Slate slate(file);
    if (auto const read = slate.read(); !read) return std::unexpected(read.error());
    return std::move(slate.media);
}

}  // namespace tidegate::filler::detail
