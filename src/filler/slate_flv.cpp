// A clip from an FLV file in memory.
#include <iterator>
#include <optional>
#include <utility>

#include "filler/slate.hpp"
#include "flv/file_reader.hpp"
#include "flv/probe.hpp"
#include "media/access_unit.hpp"
#include "media/timeline.hpp"

namespace tidegate::filler::detail {

namespace {

using Played = std::expected<void, std::string>;

class FlvSlate {
public:
    Played take(flv::FileTag const& file_tag) {
        if (file_tag.type == flv::FileTagType::script) return {};
        bool const video = file_tag.type == flv::FileTagType::video;
        auto const tag = video ? video_tags_.parse(file_tag.body) : flv::parse_audio(file_tag.body);
        if (!tag) return std::unexpected(tag.error().message);
        auto const kind = video ? media::Kind::video : media::Kind::audio;
        auto const dts = media::from_milliseconds(file_tag.timestamp_ms);
        if (!probe_) return forward(*tag, dts);
        if (auto const added = probe_->add(*tag, kind, dts); !added) {
            return std::unexpected(added.error().message);
        }
        return probe_->ready() ? finish() : Played{};
    }

    // The end of the file.
    Played end() { return probe_ ? finish() : Played{}; }

    SlateMedia media;

private:
    Played finish() {
        auto found = std::move(*probe_).finish();
        probe_.reset();
        if (!found) return std::unexpected(found.error().message);
        map_ = found->map;
        media.tracks = std::move(found->tracks);
        media.units = std::move(found->units);
        return {};
    }

    Played forward(flv::Tag const& tag, base::Timestamp dts) {
        if (media.units.size() >= kMaxSlateUnits) return std::unexpected("it is too long");
        if (auto const* const frame = std::get_if<flv::Frame>(&tag)) {
            auto const track = map_.find(frame->codec, frame->track_id);
            if (!track) return {};
            if (frame->configuration) {
                media::learn_configuration(media.tracks[*track], frame->payload.view());
            }
            media.units.push_back(flv::make_unit(*frame, *track, dts));
        } else if (auto const* const several = std::get_if<flv::Multitrack>(&tag)) {
            for (auto const& one : several->tracks) {
                if (auto const took = forward(one, dts); !took) return took;
            }
        }
        return {};
    }

    flv::VideoTags video_tags_;
    std::optional<flv::Probe> probe_{std::in_place};
    flv::TrackMap map_;
};

}  // namespace

std::expected<SlateMedia, std::string> read_flv_slate(base::SharedBytes const& file) {
    auto reader = flv::FileReader::open(file);
    if (!reader) return std::unexpected(reader.error().message);
    FlvSlate slate;
    while (true) {
        auto const tag = reader->next();
        if (!tag) return std::unexpected(tag.error().message);
        if (!*tag) break;
        if (auto const took = slate.take(**tag); !took) return std::unexpected(took.error());
    }
    if (auto const ended = slate.end(); !ended) return std::unexpected(ended.error());
    return std::move(slate.media);
}

}  // namespace tidegate::filler::detail
