#include "recording/segment_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "mp4/box.hpp"
#include "recording/ticks.hpp"

namespace tidegate::recording {

using mp4::operator""_box;

namespace {

// A recorder writes two boxes up to the end of the header, other programs a few more.
constexpr int kMaxBoxesOfHeader = 16;
// Other boxes than those of parts: some programs write an index in front of each part.
constexpr std::size_t kMaxOtherBoxes = 2 * kMaxParts;

// Reads the headers of boxes. The description of a part and the header of its media lie together,
// so one call of the kernel gets both.
class BoxHeaders {
public:
    explicit BoxHeaders(RecordedFile const& file) : file_(file) {}

    // size: of the file.
    std::optional<mp4::BoxHeader> at(std::uint64_t offset, std::uint64_t size) {
        if (offset > size || size - offset < mp4::kBoxHeaderSize) return std::nullopt;
        auto const count = std::min<std::uint64_t>(mp4::kLargeBoxHeaderSize, size - offset);
        if (offset < begin_ || offset + count > begin_ + size_) {
            begin_ = offset;
            size_ = std::min<std::uint64_t>(bytes_.size(), size - offset);
            if (!file_.read(begin_, std::span(bytes_).first(size_))) {
                size_ = 0;
                return std::nullopt;
            }
        }
        auto const header = mp4::read_box_header(std::span(bytes_).subspan(offset - begin_, count));
        // The last box may have no size (0). None that a recorder writes is so.
        if (!header || header->size == 0) return std::nullopt;
        return header;
    }

private:
    RecordedFile const& file_;
    // More than the description of a part of a second has.
    std::array<std::uint8_t, 2048> bytes_{};
    std::uint64_t begin_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace

std::expected<SegmentReader, std::string> SegmentReader::open(std::filesystem::path const& path) {
    auto file = RecordedFile::open(path);
    if (!file) return std::unexpected(std::move(file.error()));
    return open(*std::move(file), path);
}

std::expected<SegmentReader, std::string> SegmentReader::open(
    std::shared_ptr<RecordedFile const> file, std::filesystem::path const& path) {
    SegmentReader reader(std::move(file));
    auto const read = reader.read_header();
    if (!read) return std::unexpected(path.string() + ": " + read.error());
    return reader;
}

std::expected<void, std::string> SegmentReader::read_header() {
    auto const size = file_->size();
    BoxHeaders boxes(*file_);
    for (int i = 0; i < kMaxBoxesOfHeader; ++i) {
        auto const box = boxes.at(next_, size);
        if (!box || box->size > size - next_) break;
        if (box->type == "moof"_box) break;
        auto const payload = next_ + box->header_size;
        next_ += box->size;
        if (box->type != "moov"_box) continue;
        if (box->size > kMaxHeader) return std::unexpected("moov box is too large");
        base::SharedBytesBuilder bytes(static_cast<std::size_t>(next_ - payload));
        auto* const room = bytes.extend(static_cast<std::size_t>(next_ - payload));
        if (!file_->read(payload, {room, static_cast<std::size_t>(next_ - payload)})) break;
        auto movie = mp4::read_movie(std::move(bytes).finish());
        if (!movie) return std::unexpected(std::move(movie.error().message));
        movie_ = std::make_unique<mp4::Movie>(*std::move(movie));
        return {};
    }
    return std::unexpected("moov box not found");
}

PartIndex const* SegmentReader::index() {
    if (std::exchange(looked_for_index_, true)) return index_ ? &*index_ : nullptr;
    auto const size = file_->size();
    std::array<std::uint8_t, kIndexEnd> last{};
    if (size < last.size() || !file_->read(size - last.size(), last)) return nullptr;
    auto const index_bytes = index_size(last);
    if (index_bytes == 0 || index_bytes > size) return nullptr;
    std::vector<std::uint8_t> box(index_bytes);
    if (!file_->read(size - index_bytes, box)) return nullptr;
    index_ = read_index(box, size - index_bytes);
    if (!index_) return nullptr;
    parts_.reserve(index_->parts.size());
    for (auto const& part : index_->parts) parts_.push_back(part.place);
    return &*index_;
}

std::span<PartPlace const> SegmentReader::parts(std::uint64_t until) {
    if (!skipped_ && index() != nullptr) return parts_;
    looked_for_index_ = true;
    auto const size = std::min(file_->size(), until);
    BoxHeaders boxes(*file_);
    std::optional<PartPlace> part;
    auto at = next_;
    for (std::size_t others = 0; parts_.size() < kMaxParts && others < kMaxOtherBoxes;) {
        auto const box = boxes.at(at, size);
        if (!box || box->size > size - at) break;
        if (box->type == "moof"_box) {
            if (box->size > kMaxPartHeader) break;
            part = {.offset = at, .header_size = static_cast<std::uint32_t>(box->size)};
        } else if (box->type == "mdat"_box && part) {
            part->end = at + box->size;
            parts_.push_back(*std::exchange(part, std::nullopt));
        } else if (box->type == "free"_box && box->size == size - at) {
            break;  // a part that is still written (segment_file.cpp)
        } else {
            ++others;
        }
        at += box->size;
        if (!part) next_ = at;
    }
    return parts_;
}

PartSamples SegmentReader::read_part(PartPlace const& place,
                                     std::optional<std::size_t> only) const {
    std::vector<std::uint8_t> moof(place.header_size);
    if (!file_->read(place.offset, moof)) return std::unexpected("part is cut off");
    return samples_of(*movie_, moof, place, only);
}

std::expected<SegmentReader::Span, std::string> SegmentReader::span_of(
    PartPlace const& place) const {
    auto const samples = read_part(place);
    if (!samples) return std::unexpected(samples.error());
    if (samples->empty()) return std::unexpected("part is empty");
    Span span{std::chrono::nanoseconds::max(), {}};
    for (auto const& [track, sample] : *samples) {
        auto const timescale = movie_->tracks[track].timescale;
        span.begin = std::min(span.begin, to_time(sample.dts, timescale));
        span.end = std::max(span.end, to_time(sample.dts + sample.duration, timescale));
    }
    return span;
}

std::expected<std::chrono::nanoseconds, std::string> SegmentReader::begin_of(std::size_t part) {
    if (index_) return index_->parts[part].begin;
    auto const span = span_of(parts_[part]);
    if (!span) return std::unexpected(span.error());
    return span->begin;
}

std::expected<std::chrono::nanoseconds, std::string> SegmentReader::duration() {
    if (movie_->duration > 0) {
        auto const ticks = std::min<std::uint64_t>(movie_->duration, kFarthest);
        return to_time(static_cast<std::int64_t>(ticks), movie_->timescale);
    }
    auto const found = parts();
    if (found.empty()) return std::unexpected("no moof boxes found");
    auto const span = span_of(found.back());
    if (!span) return std::unexpected(span.error());
    return span->end;
}

}  // namespace tidegate::recording
