#include "mp4/movie_boxes.hpp"

#include <array>
#include <string_view>

#include "media/language.hpp"
#include "media/sps.hpp"
#include "mp4/sample_entry.hpp"

namespace tidegate::mp4 {

namespace {

constexpr std::uint32_t kOne = 0x10000;  // 16.16
constexpr std::uint16_t kFullVolume = 0x100;
// The track is part of the movie and of its preview (§8.3.2).
constexpr std::uint32_t kTrackEnabled = 1 | 2;
// The media lies in this file (§8.7.2).
constexpr std::uint32_t kSelfContained = 1;
constexpr std::uint16_t kAudioGroup = 1;

std::uint8_t version_for(std::uint64_t duration) {
    return duration > kMax32 ? 1 : 0;
}

// The times of creation and of modification; 0 means that they are unknown.
void write_no_times(BoxWriter& out, std::uint8_t version) {
    out.versioned(version, 0);
    out.versioned(version, 0);
}

void write_matrix(BoxWriter& out) {
    for (auto const value : {kOne, 0U, 0U, 0U, kOne, 0U, 0U, 0U, 0x40000000U}) out.u32(value);
}

bool is_video(TrackSetup const& setup) {
    return setup.track.kind() == media::Kind::video;
}

void write_track_header(BoxWriter& out, TrackSetup const& setup, std::uint64_t duration) {
    auto const version = version_for(duration);
    auto const box = out.full_box("tkhd"_box, version, kTrackEnabled);
    write_no_times(out, version);
    out.u32(setup.id);
    out.u32(0U);
    out.versioned(version, duration);
    out.zeros(8);
    out.u16(0U);  // layer
    out.u16(is_video(setup) ? std::uint16_t{0} : kAudioGroup);
    out.u16(is_video(setup) ? std::uint16_t{0} : kFullVolume);
    out.u16(0U);
    write_matrix(out);
    auto const format = media::video_format(setup.track).value_or(media::VideoFormat{});
    out.u32(format.width << 16);
    out.u32(format.height << 16);
}

// Three letters of five bits each (§8.4.2.3).
std::uint16_t packed(std::array<char, 3> language) {
    unsigned value = 0;
    for (auto const letter : language) value = value << 5 | (static_cast<unsigned>(letter) & 31U);
    return static_cast<std::uint16_t>(value);
}

void write_media_header(BoxWriter& out, TrackSetup const& setup, std::uint64_t duration) {
    auto const version = version_for(duration);
    auto const box = out.full_box("mdhd"_box, version);
    write_no_times(out, version);
    out.u32(timescale(setup.track));
    out.versioned(version, duration);
    out.u16(packed(media::iso_639_2(setup.track.language)));
    out.u16(0U);
}

void write_handler(BoxWriter& out, TrackSetup const& setup) {
    using namespace std::string_view_literals;
    auto const box = out.full_box("hdlr"_box);
    out.u32(0U);
    out.u32(is_video(setup) ? "vide"_box : "soun"_box);
    out.zeros(12);
    out.text(is_video(setup) ? "VideoHandler\0"sv : "SoundHandler\0"sv);
}

void write_media_kind(BoxWriter& out, TrackSetup const& setup) {
    if (is_video(setup)) {
        auto const box = out.full_box("vmhd"_box, 0, 1);
        out.zeros(8);  // graphics mode "copy", no colour
    } else {
        auto const box = out.full_box("smhd"_box);
        out.zeros(4);  // balance: in the middle
    }
}

void write_data_reference(BoxWriter& out) {
    auto const dinf = out.box("dinf"_box);
    auto const dref = out.full_box("dref"_box);
    out.u32(1U);
    auto const url = out.full_box("url "_box, 0, kSelfContained);
}

void write_no_samples(BoxWriter& out) {
    for (auto const type : {"stts"_box, "stsc"_box}) {
        auto const box = out.full_box(type);
        out.u32(0U);
    }
    {
        auto const box = out.full_box("stsz"_box);
        out.zeros(8);
    }
    auto const box = out.full_box("stco"_box);
    out.u32(0U);
}

void write_sample_table(BoxWriter& out, TrackSetup const& setup, FileTables const* tables) {
    auto const stbl = out.box("stbl"_box);
    {
        auto const stsd = out.full_box("stsd"_box);
        out.u32(1U);
        write_sample_entry(out, setup);
    }
    if (tables == nullptr) {
        write_no_samples(out);
    } else {
        write_sample_tables(out, *tables);
    }
}

}  // namespace

void write_file_type(BoxWriter& out, BoxType major, std::initializer_list<BoxType> compatible) {
    auto const box = out.box("ftyp"_box);
    out.u32(major);
    out.u32(1U);  // minor version
    for (auto const brand : compatible) out.u32(brand);
}

void write_movie_header(BoxWriter& out, std::uint64_t duration, std::uint32_t next_track_id) {
    auto const version = version_for(duration);
    auto const box = out.full_box("mvhd"_box, version);
    write_no_times(out, version);
    out.u32(kMovieTimescale);
    out.versioned(version, duration);
    out.u32(kOne);  // usual speed
    out.u16(kFullVolume);
    out.zeros(2 + 8);
    write_matrix(out);
    out.zeros(6 * 4);
    out.u32(next_track_id);
}

void write_track(BoxWriter& out, TrackSetup const& setup, FileTables const* tables) {
    auto const trak = out.box("trak"_box);
    write_track_header(out, setup, tables == nullptr ? 0 : tables->movie_duration());
    if (tables != nullptr) write_edit_list(out, *tables);
    auto const mdia = out.box("mdia"_box);
    write_media_header(out, setup, tables == nullptr ? 0 : tables->duration);
    write_handler(out, setup);
    auto const minf = out.box("minf"_box);
    write_media_kind(out, setup);
    write_data_reference(out);
    write_sample_table(out, setup, tables);
}

}  // namespace tidegate::mp4
