// Feeds an MP4 file to the HLS muxer and writes all that it serves into a folder, for tests that
// compare with ffmpeg.
//   hls-tool lowLatency|fmp4|mpegts IN FOLDER [TIMES]
// TIMES: how often the publisher comes, 1 unless given. The playlists list everything.
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "base/number.hpp"
#include "hls/core/muxer.hpp"
#include "mp4_input.hpp"

namespace {

using namespace tidegate;
using namespace tidegate::programs;

constexpr std::size_t kAllSegments = 1000;

hls::Variant variant_of(std::string_view name) {
    if (name == "lowLatency") return hls::Variant::low_latency;
    if (name == "fmp4") return hls::Variant::fmp4;
    if (name == "mpegts") return hls::Variant::mpegts;
    fail("unknown variant");
}

std::vector<hls::Source> sources_of(Input const& input) {
    std::vector<hls::Source> sources;
    for (auto const& track : tracks_of(input)) {
        sources.push_back({track});
    }
    return sources;
}

class Folder {
public:
    explicit Folder(std::string name) : name_(std::move(name)) {}

    // Media does not change; playlists do.
    void write(hls::Edition const& edition) {
        for (auto const& file : edition.files()) {
            bool const first = written_.insert(file.name).second;
            if (!first && !file.name.ends_with(".m3u8")) continue;
            std::ofstream out(name_ + "/" + file.name, std::ios::binary);
            for (auto const& part : file.content.parts) put(out, part.view());
        }
    }

private:
    std::string name_;
    std::set<std::string> written_;
};

template <class T>
T must(std::expected<T, hls::Error> result) {
    if (!result) fail(result.error().message);
    return *std::move(result);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (arguments.size() < 3 || arguments.size() > 4) {
        fail("usage: hls-tool lowLatency|fmp4|mpegts IN FOLDER [TIMES]");
    }
    auto const input = load(arguments[1]);
    auto const sources = sources_of(input);
    hls::Settings settings;
    settings.variant = variant_of(arguments[0]);
    settings.segment_count = kAllSegments;
    settings.prefix = "0123456789ab";
    auto const times = arguments.size() < 4 ? 1 : base::parse_number<int>(arguments[3]).value_or(1);
    auto muxer = must(hls::Muxer::create(settings, sources));
    Folder folder(arguments[2]);
    for (int i = 0; i < times; ++i) {
        if (i > 0) must(muxer.begin_publication(sources));
        for (auto const& unit : units_of(input)) {
            if (must(muxer.push(unit, hls::WallTime(unit.dts)))) folder.write(*muxer.edition());
        }
        must(muxer.finish_publication());
        folder.write(*muxer.edition());
    }
}
