#include "base/crypto/label_name.hpp"

#include <cstdint>
#include <span>

#include "base/crypto/digest.hpp"

namespace tidegate::base {

namespace {

constexpr std::size_t kReadableBytes = 20;
constexpr std::size_t kDigestBytes = 16;  // 128 bits

char label_character(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    bool const is_kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return is_kept ? c : '-';
}

}  // namespace

std::string label_name(std::string_view prefix, std::string_view name) {
    std::string label(prefix);
    for (char const c : name.substr(0, kReadableBytes)) label += label_character(c);
    if (!label.ends_with('-')) label += '-';
    Digest digest(Digest::Kind::sha256);
    digest.update({reinterpret_cast<std::uint8_t const*>(name.data()), name.size()});
    auto const whole = digest.finish();
    return label + to_hex(ByteView(whole).first(kDigestBytes));
}

}  // namespace tidegate::base
