#include "media/annex_b.hpp"

#include <algorithm>
#include <cstring>

namespace tidegate::media {

namespace {

constexpr std::size_t kStartCodeSize = 3;

}  // namespace

// A one with two zeros in front of it: ones are rare enough in coded pictures for memchr() to pass
// over most bytes many at a time.
std::size_t find_start_code(base::ByteView bytes, std::size_t from) {
    for (auto at = from + 2; at < bytes.size(); ++at) {
        auto const* const one = std::memchr(bytes.data() + at, 1, bytes.size() - at);
        if (one == nullptr) break;
        at = static_cast<std::size_t>(static_cast<std::uint8_t const*>(one) - bytes.data());
        if (bytes[at - 1] == 0 && bytes[at - 2] == 0) return at - 2;
    }
    return bytes.size();
}

std::optional<base::ByteView> AnnexBReader::next() {
    while (!rest_.empty()) {
        auto const end = find_start_code(rest_);
        auto nalu = rest_.first(end);
        rest_ = rest_.subspan(std::min(end + kStartCodeSize, rest_.size()));
        while (!nalu.empty() && nalu.back() == 0) nalu = nalu.first(nalu.size() - 1);
        if (!nalu.empty()) return nalu;
    }
    return std::nullopt;
}

}  // namespace tidegate::media
