#include <memory>
#include <stdexcept>
#include <string>

#include "hls/core/muxer.hpp"
#include "load/media_source.hpp"
#include "micro/cases.hpp"

namespace tidegate::bench {

namespace {

// 2.5 Mbit/s of pictures, a key frame every two seconds, and sound, into a low-latency muxer.
class Stream {
public:
    Stream() : muxer_(make()) {}

    // One picture and the sound of its time. The payloads are shared: making them is not counted.
    void next_picture() {
        bool const keyframe = pictures_ % 60 == 0;
        media::Unit unit;
        unit.keyframe = keyframe;
        unit.dts = unit.pts = pictures_++ * std::chrono::microseconds(33'333);
        unit.payload = keyframe ? keyframe_ : picture_;
        push(unit);
        media::Unit sound;
        sound.track = 1;
        sound.keyframe = true;
        sound.payload = sound_;
        while (next_sound_ <= unit.dts) {
            sound.dts = sound.pts = next_sound_;
            push(sound);
            next_sound_ += std::chrono::microseconds(23'220);
        }
    }
    void run(int pictures) {
        for (int i = 0; i < pictures; ++i) next_picture();
    }
    hls::Edition const& edition() const { return *muxer_.edition(); }

private:
    static hls::Muxer make() {
        hls::Settings settings;
        settings.prefix = "0123456789ab";
        std::vector<hls::Source> sources;
        MediaSource const media({});
        for (auto const& track : media.tracks()) {
            sources.push_back({track});
        }
        return *hls::Muxer::create(settings, sources);
    }
    static base::SharedBytes bytes(std::size_t size) {
        return base::SharedBytes::copy_of(base::Bytes(size, 1));
    }
    void push(media::Unit const& unit) {
        if (!muxer_.push(unit, hls::WallTime(unit.dts))) throw std::logic_error("no muxer");
    }

    hls::Muxer muxer_;
    base::SharedBytes keyframe_ = bytes(40'000);
    base::SharedBytes picture_ = bytes(9'900);
    base::SharedBytes sound_ = bytes(370);
    int pictures_ = 0;
    base::Timestamp next_sound_{};
};

constexpr int kTenSeconds = 300;

MicroStep ask(std::string const& name, std::string const& query) {
    auto stream = std::make_shared<Stream>();
    stream->run(kTenSeconds);
    auto request = hls::make_request(*hls::parse_file_name(name), {}, query);
    return [stream, request = std::move(request)] {
        if (stream->edition().answer(request).body.size < 1000) throw std::logic_error("no body");
    };
}

}  // namespace

MicroStep hls_mux_picture() {
    auto stream = std::make_shared<Stream>();
    stream->run(kTenSeconds);
    return [stream] { stream->next_picture(); };
}

MicroStep hls_playlist() {
    return ask("video1_stream.m3u8", "");
}

MicroStep hls_playlist_with_session() {
    return ask("video1_stream.m3u8", "session=9f3a3f59-f88f-42e4-9945-07c3d88bd394");
}

MicroStep hls_part() {
    return ask("0123456789ab_video1_part40.mp4", "");
}

}  // namespace tidegate::bench
