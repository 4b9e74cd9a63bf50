// Names and queries that clients send, against a muxer that has media: no answer breaks a playlist,
// and nothing is served by two names.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "checks.hpp"
#include "hls/core/muxer.hpp"
#include "media/test_samples.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

hls::Muxer make_muxer(hls::Variant variant) {
    hls::Settings settings;
    settings.variant = variant;
    settings.prefix = "0123456789ab";
    std::vector<hls::Source> sources(2);
    sources[0].track.config = media::test::h264_720p();
    sources[1].track.config = media::test::aac_stereo_44100();
    auto muxer = *hls::Muxer::create(settings, sources);
    for (int i = 0; i < 270; ++i) {
        for (std::uint16_t track = 0; track < 2; ++track) {
            media::Unit unit;
            unit.track = track;
            unit.keyframe = track == 1 || i % 25 == 0;
            unit.dts = unit.pts = std::chrono::milliseconds(40 * i);
            unit.payload = base::SharedBytes::copy_of(base::Bytes(20, 0));
            require(muxer.push(unit, hls::WallTime(unit.dts)).has_value());
        }
    }
    return muxer;
}

bool sound_query(std::string_view query) {
    return std::ranges::all_of(query,
                               [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '"'; });
}

void ask(hls::Edition const& edition, hls::Request const& request) {
    auto const answer = edition.answer(request);
    require((answer.outcome == hls::Outcome::ready) == (answer.body.size > 0));
    if (answer.outcome != hls::Outcome::ready) return;
    require(!answer.content_type.empty());
    if (answer.content_type != hls::kPlaylistType) return;
    auto const text = mp4::joined(answer.body);
    auto const lines = base::as_text(text.view());
    require(lines.starts_with("#EXTM3U\n") && lines.ends_with("\n"));
    // With the query taken out, it is the text that all share.
    std::string plain(lines);
    auto const query = "?" + request.uri_query;
    for (std::size_t at = 0;
         !request.uri_query.empty() && (at = plain.find(query, at)) != plain.npos;) {
        plain.erase(at, query.size());
    }
    auto without = request;
    without.uri_query.clear();
    auto const shared = edition.answer(without);
    require(plain == base::as_text(mp4::joined(shared.body).view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const low_latency = make_muxer(hls::Variant::low_latency);
    static auto const mpegts = make_muxer(hls::Variant::mpegts);
    auto const input = base::as_text({data, size});
    auto const line = input.find('\n');
    auto const name = input.substr(0, line);
    auto const raw = line == input.npos ? std::string_view{} : input.substr(line + 1);

    hls::Query query(raw);
    auto forwarded = query;
    forwarded.erase_directives();
    auto const uri_query = forwarded.encoded();
    require(sound_query(uri_query) && hls::Query(uri_query).encoded() == uri_query);
    require(!hls::Query(uri_query).has("_HLS_msn"));
    forwarded.set("session", "x");
    require(*hls::Query(forwarded.encoded()).get("session") == "x");

    auto const file = hls::parse_file_name(name);
    if (!file) return 0;
    require(name.find('/') == name.npos);
    require(hls::file_name(*file) == name || hls::file_name(*file) == std::string(name) + "4");
    auto const request = hls::make_request(*file, query, uri_query);
    ask(*low_latency.edition(), request);
    ask(*mpegts.edition(), request);
    return 0;
}
