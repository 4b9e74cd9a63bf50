#include <memory>
#include <stdexcept>

#include "load/media_source.hpp"
#include "micro/cases.hpp"
#include "router/stream/rtmp_wire.hpp"
#include "rtp/packetizer.hpp"

namespace tidegate::bench {

namespace {

// The second unit of a stream: a picture that is no keyframe, about 9.6 kB.
struct Picture {
    Picture() : source({}) {
        static_cast<void>(source.next_video(1));
        unit.payload = base::SharedBytes::copy_of(source.next_video(2).payload);
        unit.pts = unit.dts = std::chrono::milliseconds(33);
    }
    MediaSource source;
    media::Unit unit;
};

}  // namespace

MicroStep write_rtmp_message() {
    return [picture = std::make_shared<Picture>()] {
        auto const wire = router::rtmp_media_message(picture->source.tracks()[0], picture->unit);
        if (wire.size() < picture->unit.payload.size()) throw std::logic_error("no message");
    };
}

MicroStep packetize_rtp() {
    auto picture = std::make_shared<Picture>();
    auto packetizer =
        std::make_shared<rtp::Packetizer>(picture->source.tracks()[0], rtp::PacketizerSettings{});
    return [picture, packetizer] {
        if (packetizer->packetize(picture->unit).packets < 2) throw std::logic_error("no train");
    };
}

}  // namespace tidegate::bench
