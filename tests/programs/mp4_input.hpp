// An MP4 file as units, for the programs that tests run.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "media/unit.hpp"
#include "mp4/file_reader.hpp"

namespace tidegate::programs {

// Keeps times above 0.
inline constexpr base::Timestamp kStart = std::chrono::seconds(10);

[[noreturn]] inline void fail(std::string const& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::exit(1);
}

struct Input {
    base::SharedBytes bytes;
    mp4::Movie movie;
    std::vector<mp4::TrackSample> samples;
};

inline base::SharedBytes read_all(std::string const& name) {
    std::ifstream file(name, std::ios::binary);
    if (!file) fail("cannot read " + name);
    std::vector<char> const bytes(std::istreambuf_iterator<char>(file), {});
    return base::SharedBytes::copy_of(base::as_bytes({bytes.data(), bytes.size()}));
}

inline void add_tables(Input& input) {
    for (std::size_t i = 0; i < input.movie.tracks.size(); ++i) {
        auto const& track = input.movie.tracks[i];
        for (mp4::SampleReader samples(track.samples, track.shift);
             auto const one = samples.next();)
            input.samples.push_back({i, *one});
    }
}

inline Input load(std::string const& name) {
    Input input{read_all(name), {}, {}};
    mp4::FileReader file(input.bytes.size());
    while (auto const range = file.wanted()) {
        auto const found = file.feed(input.bytes.view().subspan(range->offset, range->size));
        if (!found) fail(name + ": " + found.error().message);
        if (*found == mp4::FileReader::Found::movie) {
            input.movie = *file.movie();
            add_tables(input);
        } else if (*found == mp4::FileReader::Found::fragment) {
            auto samples = file.fragment();
            while (auto const one = samples.next()) input.samples.push_back(*one);
            if (samples.failed()) fail(name + ": broken fragment");
        }
    }
    if (file.movie() == nullptr) fail(name + ": no movie");
    std::erase_if(input.samples, [&](mp4::TrackSample const& one) {
        return one.sample.offset + one.sample.size > input.bytes.size();
    });
    return input;
}

inline std::vector<media::Unit> units_of(Input const& input) {
    std::vector<media::Unit> units;
    for (auto const& [track, sample] : input.samples) {
        auto const rate = input.movie.tracks[track].timescale;
        units.push_back(
            {.track = static_cast<std::uint16_t>(track),
             .keyframe = sample.sync,
             .pts = kStart + base::from_ticks(sample.pts, rate),
             .dts = kStart + base::from_ticks(sample.dts, rate),
             .payload = input.bytes.slice(static_cast<std::size_t>(sample.offset), sample.size)});
    }
    std::vector<std::pair<base::Timestamp, std::size_t>> order;
    for (std::size_t i = 0; i < units.size(); ++i) order.emplace_back(units[i].dts, i);
    std::ranges::sort(order);
    std::vector<media::Unit> sorted;
    for (auto const& [dts, i] : order) sorted.push_back(units[i]);
    return sorted;
}

inline media::Tracks tracks_of(Input const& input) {
    media::Tracks tracks;
    for (auto const& track : input.movie.tracks) tracks.push_back(track.track);
    return tracks;
}

inline void put(std::ofstream& out, base::ByteView bytes) {
    auto const text = base::as_text(bytes);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

}  // namespace tidegate::programs
