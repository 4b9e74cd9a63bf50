#include "mp4/fragment_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "mp4/fragment_boxes.hpp"

namespace tidegate::mp4 {

namespace {

// The largest decode time in a file that is believed. The sum of two does not overflow.
constexpr std::uint64_t kMaxTime = std::uint64_t{1} << 61;

}  // namespace

FragmentReader::FragmentReader(Movie const& movie, DecodeTimes& times, base::ByteView moof,
                               std::uint64_t offset)
    : movie_(movie),
      times_(times),
      moof_offset_(offset),
      tracks_(moof),
      base_(offset),
      offset_(offset) {
    times_.resize(movie.tracks.size());
}

std::optional<TrackSample> FragmentReader::next() {
    while (run_.left == 0) {
        if (failed_ || !next_run()) return std::nullopt;
    }
    if (++given_ > kMaxFragmentSamples) return fail();
    auto const sample = read_row();
    if (sample.offset > std::numeric_limits<std::uint64_t>::max() - sample.size ||
        time_ > static_cast<std::int64_t>(kMaxTime))
        return fail();
    return TrackSample{*track_, sample};
}

std::optional<TrackSample> FragmentReader::fail() {
    failed_ = true;
    run_.left = 0;
    return std::nullopt;
}

// Enters the next run, in the box of this track or of the next ones. False at the end.
bool FragmentReader::next_run() {
    while (true) {
        if (auto const box = runs_.next()) {
            if (box->type != "trun"_box) continue;
            enter_run(box->payload);
            if (failed_ || run_.left > 0) return !failed_;
            continue;
        }
        if (runs_.failed()) failed_ = true;
        auto const box = failed_ ? std::nullopt : tracks_.next();
        if (!box) {
            if (tracks_.failed()) failed_ = true;
            return false;
        }
        if (box->type == "traf"_box && !enter_track(box->payload)) return false;
        if (only_ && track_ != only_) runs_ = BoxReader({});
    }
}

bool FragmentReader::enter_track(base::ByteView traf) {
    base::ByteReader header(find_box(traf, "tfhd"_box));
    read_header(header);
    if (header.failed()) failed_ = true;
    if (failed_) return false;
    time_ = track_ ? times_[*track_] : 0;
    if (auto const tfdt = find_box(traf, "tfdt"_box); !tfdt.empty()) {
        base::ByteReader reader(tfdt);
        auto const time = read_versioned(reader, read_full_box(reader));
        if (reader.failed() || time > kMaxTime) failed_ = true;
        time_ = static_cast<std::int64_t>(std::min(time, kMaxTime));
    }
    runs_ = BoxReader(traf);
    return !failed_;
}

// When the box does not tell from where data offsets count, it is from the moof in the first track
// and from the end of the data before in the others.
void FragmentReader::read_header(base::ByteReader& reader) {
    auto const flags = read_full_box(reader).flags;
    track_ = movie_.track_with_id(reader.u32());
    defaults_ = track_ ? movie_.tracks[*track_].defaults : FragmentDefaults{};
    base_ = (flags & tfhd::kDefaultBaseIsMoof) != 0 ? moof_offset_ : offset_;
    if ((flags & tfhd::kBaseDataOffset) != 0) base_ = reader.u64();
    if ((flags & tfhd::kDescription) != 0) defaults_.description = reader.u32();
    if ((flags & tfhd::kDefaultDuration) != 0) defaults_.duration = reader.u32();
    if ((flags & tfhd::kDefaultSize) != 0) defaults_.size = reader.u32();
    if ((flags & tfhd::kDefaultFlags) != 0) defaults_.flags = reader.u32();
    offset_ = base_;
}

void FragmentReader::enter_run(base::ByteView payload) {
    base::ByteReader reader(payload);
    run_ = {};
    auto const fields = read_full_box(reader).flags;
    run_.fields = fields;
    auto const count = reader.u32();
    if ((fields & trun::kDataOffset) != 0) {
        // The sum is modulo 2^64, so negative offsets work as well.
        offset_ = base_ +
                  static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(reader.u32())});
    }
    if ((fields & trun::kFirstFlags) != 0) run_.first_flags = reader.u32();
    auto const rows = std::uint64_t{count} * 4 * trun::row_words(fields);
    if (reader.failed() || rows > reader.remaining() || count > kMaxFragmentSamples) {
        failed_ = true;
        return;
    }
    run_.rows = base::ByteReader(reader.rest());
    run_.left = count;
    if (!track_) skip_run();
}

// Skips the samples of a track that was left out. Only the size of their data matters, because the
// next run may begin behind it.
void FragmentReader::skip_run() {
    if ((run_.fields & trun::kSize) == 0) {
        offset_ += std::uint64_t{run_.left} * defaults_.size;
        run_.left = 0;
    }
    while (run_.left > 0) read_row();
}

Sample FragmentReader::read_row() {
    auto const fields = run_.fields;
    Sample sample;
    sample.duration = (fields & trun::kDuration) != 0 ? run_.rows.u32() : defaults_.duration;
    sample.size = (fields & trun::kSize) != 0 ? run_.rows.u32() : defaults_.size;
    auto flags = (fields & trun::kFlags) != 0 ? run_.rows.u32() : defaults_.flags;
    if (run_.first_flags) flags = *std::exchange(run_.first_flags, std::nullopt);
    // It is signed in version 0 as well, as in the tables of whole files.
    auto const composition =
        (fields & trun::kCompositionOffset) != 0 ? static_cast<std::int32_t>(run_.rows.u32()) : 0;
    auto const shift = track_ ? movie_.tracks[*track_].shift : 0;
    sample.dts = time_ + shift;
    sample.pts = sample.dts + composition;
    sample.sync = (flags & kNotSync) == 0;
    sample.description = defaults_.description;
    sample.offset = offset_;
    offset_ += sample.size;
    time_ += sample.duration;
    if (track_) times_[*track_] = time_;
    --run_.left;
    return sample;
}

}  // namespace tidegate::mp4
