// Our writers against our reader: tracks and samples of any kind, as fragments or as a whole file,
// come back as they went.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "checks.hpp"
#include "media/test_samples.hpp"
#include "mp4/file_reader.hpp"
#include "mp4/file_writer.hpp"
#include "mp4/fragment.hpp"
#include "mp4/init_segment.hpp"
#include "script.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

constexpr std::size_t kMaxTracks = 4;
constexpr std::size_t kMaxSamples = 40;

media::Track track_of(fuzz::Script& script) {
    switch (script.below(10)) {
        case 0:
            return {media::test::h264_720p()};
        case 1:
            return {media::test::h265_1080p()};
        case 2:
            return {media::test::aac_stereo_44100()};
        case 3:
            return {media::OpusConfig{static_cast<std::uint8_t>(1 + script.below(8))}};
        case 4:
            return {media::Mp3Config{44100, 2}};
        case 5:
            return {media::test::av1_160x120()};
        case 6:
            return {media::test::vp9_160x120()};
        case 7:
            return {media::Ac3Config{48000, 1, media::test::hex("1008c0")}};
        case 8:
            return {media::Eac3Config{48000, 1, media::test::hex("0300200200")}};
        default:
            return {media::test::flac_mono_48000()};
    }
}

mp4::FragmentSample sample_of(fuzz::Script& script) {
    auto const choices = script.byte();
    mp4::FragmentSample sample;
    sample.duration = (choices & 1U) != 0 ? script.number() : choices * 10U;
    if ((choices & 2U) != 0) sample.composition_offset = static_cast<std::int32_t>(script.number());
    sample.sync = (choices & 4U) == 0;
    sample.payload = base::SharedBytes::copy_of(script.bytes(choices >> 4U));
    return sample;
}

// A file, and what must be found in it.
struct Written {
    std::vector<mp4::TrackSetup> setups;
    std::vector<std::vector<mp4::Sample>> samples;  // without their places
    std::vector<std::vector<base::SharedBytes>> payloads;
    base::Bytes file;

    explicit Written(fuzz::Script& script) {
        auto const count = 1 + script.below(kMaxTracks);
        for (std::size_t i = 0; i < count; ++i) {
            setups.push_back(
                {.id = static_cast<std::uint32_t>(1 + i * 7), .track = track_of(script)});
        }
        samples.resize(count);
        payloads.resize(count);
    }
    void expect(std::size_t track, mp4::FragmentSample const& sample, std::int64_t dts) {
        samples[track].push_back({.dts = dts,
                                  .pts = dts + sample.composition_offset,
                                  .duration = sample.duration,
                                  .size = static_cast<std::uint32_t>(sample.payload.size()),
                                  .sync = sample.sync});
        payloads[track].push_back(sample.payload);
    }
    void put(base::ByteView bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); }
};

void write_one_fragment(fuzz::Script& script, Written& out) {
    std::vector<std::vector<mp4::FragmentSample>> samples(out.setups.size());
    std::vector<mp4::TrackRun> runs;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        std::uint64_t const time = std::uint64_t{script.number()} << script.below(24);
        auto dts = static_cast<std::int64_t>(time);
        for (auto left = script.below(kMaxSamples); left > 0; --left) {
            samples[i].push_back(sample_of(script));
            out.expect(i, samples[i].back(), dts);
            dts += samples[i].back().duration;
        }
        runs.push_back({out.setups[i].id, time, samples[i]});
    }
    auto const fragment = mp4::write_fragment(script.number(), runs);
    require(fragment.has_value());
    std::uint64_t size = 0;
    for (auto const& part : fragment->parts) {
        out.put(part.view());
        size += part.size();
    }
    require(size == fragment->size);
}

void write_fragments(fuzz::Script& script, Written& out) {
    mp4::RecordingInfo const info{.segment = script.number()};
    out.put(mp4::write_init_segment(out.setups, script.flag() ? &info : nullptr)->view());
    for (auto left = 1 + script.below(3); left > 0; --left) write_one_fragment(script, out);
}

void write_file(fuzz::Script& script, Written& out) {
    std::vector<std::vector<mp4::FileSample>> samples(out.setups.size());
    std::vector<mp4::FileTrack> tracks;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        for (auto left = script.below(kMaxSamples); left > 0; --left) {
            auto const sample = sample_of(script);
            out.expect(i, sample, 0);
            samples[i].push_back({sample.duration, sample.composition_offset,
                                  static_cast<std::uint32_t>(sample.payload.size()), sample.sync});
        }
        auto const start = static_cast<std::int64_t>(script.number());
        tracks.push_back({out.setups[i], script.flag() ? -start : start, samples[i]});
    }
    auto const file = mp4::write_file_header(tracks);
    require(file.has_value());
    out.put(file->header.view());
    for (mp4::FileOrder order(tracks); auto const place = order.next();) {
        out.put(out.payloads[place->track][place->sample].view());
    }
    require(out.file.size() == file->size);
}

class Checker {
public:
    explicit Checker(Written const& out) : out_(out), seen_(out.setups.size()) {}

    void movie(mp4::Movie const& movie) {
        require(movie.tracks.size() == out_.setups.size());
        for (std::size_t i = 0; i < movie.tracks.size(); ++i) {
            require(movie.tracks[i].track == out_.setups[i].track);
            mp4::SampleReader samples(movie.tracks[i].samples);
            while (auto const found = samples.next()) sample({i, *found});
        }
    }
    void fragment(mp4::FragmentReader samples) {
        while (auto const found = samples.next()) {
            auto const& wanted = out_.samples[found->track];
            require(seen_[found->track] < wanted.size() &&
                    found->sample.dts == wanted[seen_[found->track]].dts);
            sample(*found);
        }
        require(!samples.failed());
    }
    void finish() {
        for (std::size_t i = 0; i < seen_.size(); ++i) require(seen_[i] == out_.samples[i].size());
    }

private:
    void sample(mp4::TrackSample const& found) {
        auto const& [track, sample] = found;
        require(seen_[track] < out_.samples[track].size());
        auto const& wanted = out_.samples[track][seen_[track]];
        auto const& payload = out_.payloads[track][seen_[track]];
        ++seen_[track];
        require(sample.duration == wanted.duration && sample.size == wanted.size &&
                sample.sync == wanted.sync && sample.pts - sample.dts == wanted.pts - wanted.dts);
        require(sample.offset + sample.size <= out_.file.size());
        auto const bytes =
            base::ByteView(out_.file).subspan(static_cast<std::size_t>(sample.offset), sample.size);
        require(std::ranges::equal(bytes, payload.view()));
    }

    Written const& out_;
    std::vector<std::size_t> seen_;
};

void read(Written const& out) {
    Checker checker(out);
    mp4::FileReader file(out.file.size());
    while (auto const range = file.wanted()) {
        auto const found = file.feed(
            base::ByteView(out.file).subspan(static_cast<std::size_t>(range->offset), range->size));
        require(found.has_value());
        if (*found == mp4::FileReader::Found::movie) checker.movie(*file.movie());
        if (*found == mp4::FileReader::Found::fragment) checker.fragment(file.fragment());
    }
    checker.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Script script(data, size);
    bool const fragments = script.flag();
    Written out(script);
    if (fragments) {
        write_fragments(script, out);
    } else {
        write_file(script, out);
    }
    read(out);
    return 0;
}
