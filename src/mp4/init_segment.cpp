#include "mp4/init_segment.hpp"

#include <limits>

#include "mp4/box_writer.hpp"
#include "mp4/movie_boxes.hpp"

namespace tidegate::mp4 {

namespace {

// Reserved for each track. One of H.264 takes 700 bytes.
constexpr std::size_t kUsualSize = 1024;

// The defaults are all 0, because our fragments tell everything about their samples (§8.8.3).
void write_defaults(BoxWriter& out, TrackSetup const& setup) {
    auto const trex = out.full_box("trex"_box);
    out.u32(setup.id);
    out.u32(1U);  // sample description
    out.zeros(3 * 4);
}

}  // namespace

std::expected<base::SharedBytes, media::Error> write_init_segment(
    std::span<TrackSetup const> tracks, RecordingInfo const* recording) {
    if (auto const fine = check_writable(tracks); !fine) return std::unexpected(fine.error());
    BoxWriter out(kUsualSize * tracks.size());
    write_file_type(out, "mp42"_box, {"mp41"_box, "mp42"_box, "isom"_box, "hlsf"_box});
    {
        auto const moov = out.box("moov"_box);
        write_movie_header(out, 0, std::numeric_limits<std::uint32_t>::max());
        for (auto const& setup : tracks) write_track(out, setup, nullptr);
        {
            auto const mvex = out.box("mvex"_box);
            for (auto const& setup : tracks) write_defaults(out, setup);
        }
        if (recording != nullptr) {
            auto const udta = out.box("udta"_box);
            write_recording_info(out, *recording);
        }
    }
    return std::move(out).finish();
}

}  // namespace tidegate::mp4
