#include "rtmp/core/play_start.hpp"

#include <algorithm>
#include <array>

#include "flv/writer.hpp"
#include "rtmp/core/amf0_writer.hpp"

namespace tidegate::rtmp {

namespace {

bool can_decode(media::Codec codec, std::vector<std::string> const& fourccs) {
    if (codec != media::Codec::h265 && codec != media::Codec::opus) return true;
    return std::ranges::any_of(fourccs, [&](std::string const& fourcc) {
        return fourcc == "*" || fourcc == flv::four_cc(codec);
    });
}

// FLV's number (§E.4.2.1, E.4.3.1) or, for codecs without one, the fourCC as a number (Enhanced
// RTMP).
double codec_id(media::Codec codec) {
    switch (codec) {
        case media::Codec::h264:
            return 7;
        case media::Codec::aac:
            return 10;
        case media::Codec::mp3:
            return 2;
        case media::Codec::h265:
        case media::Codec::opus:
            break;
    }
    std::uint32_t number = 0;
    for (char const letter : flv::four_cc(codec)) {
        number = number << 8 | static_cast<std::uint8_t>(letter);
    }
    return number;
}

double codec_id(media::Tracks const& tracks, media::Kind kind) {
    auto const found = std::ranges::find(tracks, kind, &media::Track::kind);
    return found == tracks.end() ? 0 : codec_id(found->codec());
}

}  // namespace

std::vector<std::size_t> playable_tracks(media::Tracks const& tracks,
                                         std::vector<std::string> const& fourccs) {
    std::vector<std::size_t> chosen;
    std::array<bool, 2> taken{};
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        auto& has_kind = taken[static_cast<std::size_t>(tracks[i].kind())];
        if (has_kind || !can_decode(tracks[i].codec(), fourccs)) continue;
        has_kind = true;
        chosen.push_back(i);
    }
    return chosen;
}

base::Bytes write_metadata(media::Tracks const& tracks) {
    return amf0::write_all({"@setDataFrame", "onMetaData",
                            amf0::Object{}
                                .with("videocodecid", codec_id(tracks, media::Kind::video))
                                .with("videodatarate", 0.0)
                                .with("audiocodecid", codec_id(tracks, media::Kind::audio))
                                .with("audiodatarate", 0.0)});
}

}  // namespace tidegate::rtmp
