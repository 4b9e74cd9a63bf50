#include "hls/core/playlist.hpp"

#include <charconv>
#include <cstring>

namespace tidegate::hls {

namespace {

constexpr std::int64_t kTenMicroseconds = 10'000;
constexpr std::int64_t kPerSecond = 100'000;  // of these

class Copier {
public:
    explicit Copier(std::uint8_t* to) : to_(to) {}
    void put(void const* from, std::size_t size) {
        if (size == 0) return;
        std::memcpy(to_, from, size);
        to_ += size;
    }

private:
    std::uint8_t* to_;
};

}  // namespace

base::SharedBytes Playlist::with_query(std::string_view query) const {
    if (query.empty() || uri_ends_.empty()) return text_;
    auto const size = text_.size() + uri_ends_.size() * (query.size() + 1);
    base::SharedBytesBuilder out(size);
    Copier copier(out.extend(size));
    std::size_t done = 0;
    for (auto const end : uri_ends_) {
        copier.put(text_.data() + done, end - done);
        copier.put("?", 1);
        copier.put(query.data(), query.size());
        done = end;
    }
    copier.put(text_.data() + done, text_.size() - done);
    return std::move(out).finish();
}

PlaylistWriter& PlaylistWriter::number(std::uint64_t number) {
    char digits[20];
    auto const end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    return text({digits, static_cast<std::size_t>(end - digits)});
}

PlaylistWriter& PlaylistWriter::seconds(base::Timestamp duration) {
    auto const rounded = (duration.count() + kTenMicroseconds / 2) / kTenMicroseconds;
    auto const fraction = std::to_string(kPerSecond + rounded % kPerSecond);
    number(static_cast<std::uint64_t>(rounded / kPerSecond));
    text_ += '.';
    return text(std::string_view(fraction).substr(1));
}

PlaylistWriter& PlaylistWriter::uri(std::string_view uri) {
    text_ += uri;
    uri_ends_.push_back(static_cast<std::uint32_t>(text_.size()));
    return *this;
}

Playlist PlaylistWriter::finish() && {
    Playlist playlist;
    playlist.text_ = base::SharedBytes::copy_of(base::as_bytes(text_));
    playlist.uri_ends_ = std::move(uri_ends_);
    return playlist;
}

}  // namespace tidegate::hls
