// Shows what our MP4 reader finds in a file, and writes it anew with our writers, for tests that
// compare with ffmpeg and GStreamer.
//   container-tool list in.mp4
//   container-tool file|fragments|ts in.mp4 out
//   container-tool cmaf in.mp4 folder          one file a track, as HLS has them
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "media/language.hpp"
#include "media/unit.hpp"
#include "mp4/file_reader.hpp"
#include "mp4/file_writer.hpp"
#include "mp4/fragment.hpp"
#include "mp4/init_segment.hpp"
#include "mp4/sampler.hpp"
#include "mp4_input.hpp"
#include "ts/writer.hpp"

namespace {

using namespace tidegate;
using namespace tidegate::programs;

// Media of one fragment.
constexpr base::Timestamp kPart = std::chrono::milliseconds(500);
void list(Input const& input) {
    for (auto const& track : input.movie.tracks) {
        auto const label = std::string(track.track.label());
        auto const language = media::iso_639_2(track.track.language);
        std::printf("track %u %u %.3s %s\n", track.id, track.timescale, language.data(),
                    label.c_str());
    }
    for (auto const& reason : input.movie.skipped) std::printf("skipped %s\n", reason.c_str());
    for (auto const& [track, sample] : input.samples) {
        std::printf("sample %zu %lld %lld %u %llu %u %d\n", track,
                    static_cast<long long>(sample.pts), static_cast<long long>(sample.dts),
                    sample.duration, static_cast<unsigned long long>(sample.offset), sample.size,
                    sample.sync ? 1 : 0);
    }
}

std::vector<mp4::TrackSetup> setups_of(media::Tracks const& tracks) {
    std::vector<mp4::TrackSetup> setups;
    for (auto const& track : tracks) {
        setups.push_back({.id = static_cast<std::uint32_t>(setups.size() + 1), .track = track});
    }
    return setups;
}

// Collects samples of every track and writes a fragment of them.
class Fragments {
public:
    Fragments(std::string const& name, media::Tracks const& tracks)
        : out_(name, std::ios::binary), samples_(tracks.size()), times_(tracks.size()) {
        auto const init = mp4::write_init_segment(setups_of(tracks));
        if (!init) fail(init.error().message);
        put(out_, init->view());
        for (auto const& track : tracks) samplers_.emplace_back(mp4::timescale(track));
    }
    void push(media::Unit const& unit) {
        if (unit.dts - begun_ >= kPart) {
            flush();
            begun_ = unit.dts;
        }
        add(unit.track, samplers_[unit.track].push(unit));
    }
    void finish() {
        for (std::size_t i = 0; i < samplers_.size(); ++i) add(i, samplers_[i].finish());
        flush();
    }

private:
    void add(std::size_t track, std::optional<mp4::TimedSample> sample) {
        if (!sample) return;
        if (samples_[track].empty()) times_[track] = sample->decode_time;
        samples_[track].push_back(std::move(sample->sample));
    }
    void flush() {
        std::vector<mp4::TrackRun> runs;
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            if (samples_[i].empty()) continue;
            runs.push_back({static_cast<std::uint32_t>(i + 1),
                            static_cast<std::uint64_t>(times_[i]), samples_[i]});
        }
        if (runs.empty()) return;
        auto const fragment = mp4::write_fragment(sequence_++, runs);
        if (!fragment) fail(fragment.error().message);
        for (auto const& part : fragment->parts) put(out_, part.view());
        for (auto& samples : samples_) samples.clear();
    }

    std::ofstream out_;
    std::vector<mp4::Sampler> samplers_;
    std::vector<std::vector<mp4::FragmentSample>> samples_;
    std::vector<std::int64_t> times_;
    base::Timestamp begun_ = kStart;
    std::uint32_t sequence_ = 0;
};

void write_fragments(Input const& input, std::string const& name) {
    Fragments out(name, tracks_of(input));
    for (auto const& unit : units_of(input)) out.push(unit);
    out.finish();
}

void write_cmaf(Input const& input, std::string const& folder) {
    auto const tracks = tracks_of(input);
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        Fragments out(folder + "/" + std::to_string(i) + ".mp4", {tracks[i]});
        for (auto unit : units_of(input)) {
            if (std::exchange(unit.track, 0) == i) out.push(unit);
        }
        out.finish();
    }
}

// What a whole file needs of a track, and where its payloads lie.
struct Collected {
    std::int64_t start = 0;
    std::vector<mp4::FileSample> samples;
    std::vector<base::SharedBytes> payloads;

    void add(std::optional<mp4::TimedSample> timed) {
        if (!timed) return;
        if (samples.empty()) start = timed->decode_time;
        auto& sample = timed->sample;
        samples.push_back({sample.duration, sample.composition_offset,
                           static_cast<std::uint32_t>(sample.payload.size()), sample.sync});
        payloads.push_back(std::move(sample.payload));
    }
};

std::vector<Collected> collect(Input const& input, media::Tracks const& tracks) {
    std::vector<Collected> collected(tracks.size());
    std::vector<mp4::Sampler> samplers;
    for (auto const& track : tracks) samplers.emplace_back(mp4::timescale(track), kStart);
    for (auto const& unit : units_of(input))
        collected[unit.track].add(samplers[unit.track].push(unit));
    for (std::size_t i = 0; i < tracks.size(); ++i) collected[i].add(samplers[i].finish());
    return collected;
}

void write_file(Input const& input, std::string const& name) {
    auto const tracks = tracks_of(input);
    auto const setups = setups_of(tracks);
    auto const collected = collect(input, tracks);
    std::vector<mp4::FileTrack> described;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        described.push_back({setups[i], collected[i].start, collected[i].samples});
    }
    auto const file = mp4::write_file_header(described);
    if (!file) fail(file.error().message);
    std::ofstream out(name, std::ios::binary);
    put(out, file->header.view());
    for (mp4::FileOrder order(described); auto const place = order.next();) {
        put(out, collected[place->track].payloads[place->sample].view());
    }
    if (static_cast<std::uint64_t>(out.tellp()) != file->size) fail("the size is not as announced");
}

void write_ts(Input const& input, std::string const& name) {
    ts::Writer writer(tracks_of(input));
    base::SharedBytesBuilder packets;
    for (auto const& unit : units_of(input)) {
        if (auto const written = writer.write(unit, packets); !written)
            fail(written.error().message);
    }
    std::ofstream out(name, std::ios::binary);
    put(out, packets.view());
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    if (arguments.size() == 2 && arguments[0] == "list") {
        list(load(arguments[1]));
        return 0;
    }
    struct Form {
        std::string_view name;
        void (*write)(Input const&, std::string const&);
    };
    static constexpr std::array kForms{Form{"file", write_file}, Form{"fragments", write_fragments},
                                       Form{"cmaf", write_cmaf}, Form{"ts", write_ts}};
    auto const* const form = std::ranges::find(
        kForms, std::string_view(arguments.empty() ? "" : arguments[0]), &Form::name);
    if (arguments.size() != 3 || form == kForms.end()) {
        fail("usage: container-tool list IN | file|fragments|ts IN OUT | cmaf IN FOLDER");
    }
    form->write(load(arguments[1]), arguments[2]);
}
