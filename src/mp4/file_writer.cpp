#include "mp4/file_writer.hpp"

#include <algorithm>

#include "mp4/box_writer.hpp"
#include "mp4/movie_boxes.hpp"

namespace tidegate::mp4 {

namespace {

// About how many bytes one sample takes in all tables together.
constexpr std::size_t kTableBytes = 16;

struct Layout {
    std::vector<FileTables> tables;
    std::uint64_t data = 0;
};

void add_to_chunk(FileTables& tables, std::uint64_t offset, bool continues) {
    if (continues) {
        ++tables.chunks.back().samples;
    } else {
        tables.chunks.push_back({offset, 1});
    }
}

Layout empty_layout(std::span<FileTrack const> tracks) {
    Layout layout;
    for (auto const& track : tracks) {
        layout.tables.emplace_back(track.samples, track.start, timescale(track.setup.track));
    }
    return layout;
}

Layout lay_out(std::span<FileTrack const> tracks) {
    auto layout = empty_layout(tracks);
    auto last = tracks.size();
    for (FileOrder order(tracks); auto const place = order.next();) {
        add_to_chunk(layout.tables[place->track], layout.data, place->track == last);
        layout.data += tracks[place->track].samples[place->sample].size;
        last = place->track;
    }
    return layout;
}

Layout lay_out(std::span<FileTrack const> tracks, std::span<FileChunk const> chunks) {
    auto layout = empty_layout(tracks);
    std::vector<std::size_t> done(tracks.size());
    for (auto const& chunk : chunks) {
        layout.tables[chunk.track].chunks.push_back({layout.data, chunk.samples});
        auto& sample = done[chunk.track];
        for (auto const end = sample + chunk.samples; sample < end; ++sample) {
            layout.data += tracks[chunk.track].samples[sample].size;
        }
    }
    return layout;
}

std::uint32_t next_track_id(std::span<FileTrack const> tracks) {
    std::uint32_t highest = 0;
    for (auto const& track : tracks) highest = std::max(highest, track.setup.id);
    return highest + 1;
}

base::SharedBytes write_movie(std::span<FileTrack const> tracks, Layout const& layout) {
    std::size_t samples = 0;
    std::uint64_t duration = 0;
    for (auto const& tables : layout.tables) {
        samples += tables.samples.size();
        duration = std::max(duration, tables.movie_duration());
    }
    BoxWriter out(1024 * tracks.size() + samples * kTableBytes);
    write_file_type(out, "isom"_box, {"isom"_box, "iso2"_box, "mp41"_box, "mp42"_box});
    {
        auto const moov = out.box("moov"_box);
        write_movie_header(out, duration, next_track_id(tracks));
        for (std::size_t i = 0; i < tracks.size(); ++i) {
            write_track(out, tracks[i].setup, &layout.tables[i]);
        }
    }
    auto const size = kBoxHeaderSize + layout.data;
    out.u32(size > kMax32 ? 1U : size);
    out.u32("mdat"_box);
    if (size > kMax32) out.u64(kLargeBoxHeaderSize + layout.data);
    return std::move(out).finish();
}

void set_offsets(Layout& layout, std::uint64_t base) {
    for (auto& tables : layout.tables) {
        tables.chunk_base = base;
        tables.large_offsets = base + layout.data > kMax32;
    }
}

}  // namespace

FileOrder::FileOrder(std::span<FileTrack const> tracks) : tracks_(tracks) {
    for (auto const& track : tracks) {
        cursors_.push_back({0, track.start, timescale(track.setup.track)});
    }
}

bool FileOrder::earlier(Cursor const& a, Cursor const& b) const {
    // Compares seconds: both sides are multiplied by both timescales. 128 bits hold any product.
    __extension__ using Wide = __int128;
    return Wide{a.time} * b.timescale < Wide{b.time} * a.timescale;
}

std::optional<FileOrder::Place> FileOrder::next() {
    auto best = cursors_.size();
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
        if (cursors_[i].sample == tracks_[i].samples.size()) continue;
        if (best == cursors_.size() || earlier(cursors_[i], cursors_[best])) best = i;
    }
    if (best == cursors_.size()) return std::nullopt;
    auto& cursor = cursors_[best];
    Place const place{best, cursor.sample};
    cursor.time += tracks_[best].samples[cursor.sample].duration;
    ++cursor.sample;
    return place;
}

namespace {

std::expected<void, media::Error> check_all(std::span<FileTrack const> tracks) {
    if (tracks.empty()) return media::fail("no tracks");
    for (auto const& track : tracks) {
        if (auto const fine = check_writable(track.setup.track); !fine)
            return std::unexpected(fine.error());
    }
    return {};
}

FileHeader write_header_of(std::span<FileTrack const> tracks, Layout layout) {
    // The header's length depends on whether offsets need 64 bits, and the offsets depend on its
    // length.
    base::SharedBytes header;
    do {
        set_offsets(layout, header.size());
        header = write_movie(tracks, layout);
    } while (layout.tables.front().chunk_base != header.size());
    return FileHeader{header, header.size() + layout.data};
}

}  // namespace

std::expected<FileHeader, media::Error> write_file_header(std::span<FileTrack const> tracks) {
    if (auto const fine = check_all(tracks); !fine) return std::unexpected(fine.error());
    return write_header_of(tracks, lay_out(tracks));
}

std::expected<FileHeader, media::Error> write_file_header(std::span<FileTrack const> tracks,
                                                          std::span<FileChunk const> chunks) {
    if (auto const fine = check_all(tracks); !fine) return std::unexpected(fine.error());
    return write_header_of(tracks, lay_out(tracks, chunks));
}

}  // namespace tidegate::mp4
