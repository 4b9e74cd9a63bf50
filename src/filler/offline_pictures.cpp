#include "filler/offline_pictures.hpp"

#include <cstdint>

#include "filler/filler.hpp"

namespace tidegate::filler {

namespace {

#include "pictures.inc"

base::ByteView offline_picture(media::Codec codec) {
    switch (codec) {
        case media::Codec::h264:
            return kPicture_h264;
        case media::Codec::h265:
            return kPicture_h265;
        case media::Codec::av1:
            return kPicture_av1;
        case media::Codec::vp9:
            return kPicture_vp9;
        default:
            return {};
    }
}

}  // namespace

Slate offline_pictures(media::Tracks& tracks) {
    Slate slate;
    slate.duration = 2 * kStillInterval;
    for (auto& track : tracks) {
        auto const file = offline_picture(track.codec());
        if (file.empty()) continue;
        auto own = parse_slate(base::SharedBytes::copy_of(file));
        if (!own) continue;  // impossible: a test reads all of them
        track.config = own->tracks.front().config;
        auto unit = own->units.front().front();
        Still still(track, unit.payload);
        unit.track = static_cast<std::uint16_t>(slate.tracks.size());
        std::vector<media::Unit> lane;
        for (auto at = base::Timestamp{}; at < slate.duration; at += kStillInterval) {
            unit.dts = unit.pts = at;
            unit.payload = still.next();
            lane.push_back(unit);
        }
        slate.tracks.push_back(track);
        slate.units.push_back(std::move(lane));
    }
    return slate;
}

}  // namespace tidegate::filler
