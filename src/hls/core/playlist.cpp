#include "hls/core/playlist.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace tidegate::hls {

namespace {

constexpr std::int64_t kTenMicroseconds = 10'000;
constexpr std::int64_t kPerSecond = 100'000;  // of these
// More than a low-latency playlist of seven segments has.
constexpr std::size_t kUsualSize = 4000;
constexpr std::size_t kUsualUris = 40;

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

PlaylistWriter::PlaylistWriter() : text_(kUsualSize) {
    uri_ends_.reserve(kUsualUris);
}

PlaylistWriter& PlaylistWriter::number(std::uint64_t number) {
    std::array<char, 20> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return text({digits.data(), end});
}

PlaylistWriter& PlaylistWriter::seconds(base::Timestamp duration) {
    auto rounded = (duration.count() + kTenMicroseconds / 2) / kTenMicroseconds;
    std::array<char, 6> fraction{'.'};
    auto const whole = rounded / kPerSecond;
    for (auto i = fraction.size() - 1; i > 0; --i, rounded /= 10) {
        fraction[i] = static_cast<char>('0' + rounded % 10);
    }
    number(static_cast<std::uint64_t>(whole));
    return text({fraction.data(), fraction.size()});
}

PlaylistWriter& PlaylistWriter::date_time(WallTime time) {
    namespace chrono = std::chrono;
    auto const day = chrono::floor<chrono::days>(time);
    chrono::year_month_day const date(day);
    chrono::hh_mm_ss const clock(chrono::floor<chrono::milliseconds>(time - day));
    std::array<char, 48> text{};
    auto const length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    return this->text({text.data(), static_cast<std::size_t>(length)});
}

PlaylistWriter& PlaylistWriter::uri(std::string_view uri) {
    text(uri);
    uri_ends_.push_back(static_cast<std::uint32_t>(text_.size()));
    return *this;
}

Playlist PlaylistWriter::finish() && {
    Playlist playlist;
    playlist.text_ = std::move(text_).finish();
    playlist.uri_ends_ = std::move(uri_ends_);
    return playlist;
}

}  // namespace tidegate::hls
