#include "mp4/file_reader.hpp"

#include <algorithm>

namespace tidegate::mp4 {

std::optional<FileReader::Range> FileReader::wanted() const {
    if (header_) {
        return Range{position_ + header_->header_size,
                     static_cast<std::size_t>(header_->size - header_->header_size)};
    }
    if (left() < kBoxHeaderSize) return std::nullopt;
    return Range{position_,
                 static_cast<std::size_t>(std::min<std::uint64_t>(left(), kLargeBoxHeaderSize))};
}

std::expected<FileReader::Found, media::Error> FileReader::feed(base::ByteView bytes) {
    if (!header_) return feed_header(bytes);
    auto const header = *std::exchange(header_, std::nullopt);
    if (header.type == "moov"_box) {
        skip_box(header.size);
        return feed_movie(bytes);
    }
    fragment_ = base::SharedBytes::copy_of(bytes);
    fragment_offset_ = position_;
    skip_box(header.size);
    return Found::fragment;
}

std::expected<FileReader::Found, media::Error> FileReader::feed_header(base::ByteView bytes) {
    auto header = read_box_header(bytes);
    if (!header) return fail("invalid box");
    if (header->size == 0) header->size = left();
    // A second moov is of no use, and neither are fragments before the first.
    bool const movie = header->type == "moov"_box && movie_ == nullptr;
    bool const fragment = header->type == "moof"_box && movie_ != nullptr;
    if ((!movie && !fragment) || header->size > left()) {
        skip_box(header->size);
        return Found::nothing;
    }
    if (header->size > (movie ? kMaxMovieBox : kMaxFragmentBox)) {
        return fail(box_name(header->type) + " box is too large");
    }
    if (header->size == header->header_size) {
        return fail(box_name(header->type) + " box is empty");
    }
    header_ = header;
    return Found::nothing;
}

std::expected<FileReader::Found, media::Error> FileReader::feed_movie(base::ByteView payload) {
    auto movie = read_movie(base::SharedBytes::copy_of(payload));
    if (!movie) return fail(std::move(movie.error().message));
    movie_ = std::make_unique<Movie>(*std::move(movie));
    // The first fragment begins where the tables end.
    for (auto const& track : movie_->tracks) times_.push_back(track.samples.duration());
    return Found::movie;
}

FragmentReader FileReader::fragment() {
    return {*movie_, times_, fragment_.view(), fragment_offset_};
}

std::expected<FileReader::Found, media::Error> FileReader::fail(std::string message) {
    position_ = file_size_;
    return media::fail(std::move(message));
}

void FileReader::skip_box(std::uint64_t size) {
    position_ += std::min(size, left());
}

}  // namespace tidegate::mp4
