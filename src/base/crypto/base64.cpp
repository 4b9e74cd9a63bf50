#include "base/crypto/base64.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

namespace tidegate::base {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// By byte: 0 for those of the alphabet.
constexpr auto kForeign = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(1);
    for (char const c : kAlphabet) table[static_cast<unsigned char>(c)] = 0;
    return table;
}();

// Looks at all bytes without a branch: there may be a megabyte of them, and they are usually right.
bool is_base64(std::string_view text) {
    std::uint8_t foreign = 0;
    for (char const c : text) foreign |= kForeign[static_cast<unsigned char>(c)];
    return foreign == 0;
}

}  // namespace

std::string base64_encode(ByteView bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL writes a NUL behind it
    auto const size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                                      static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::optional<Bytes> base64_decode(std::string_view text) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    if (text.size() % 4 == 1 || !is_base64(text)) return std::nullopt;
    std::string padded(text);
    padded.append((4 - padded.size() % 4) % 4, '=');
    Bytes out(padded.size() / 4 * 3);
    if (padded.empty()) return out;
    auto const size =
        EVP_DecodeBlock(out.data(), reinterpret_cast<unsigned char const*>(padded.data()),
                        static_cast<int>(padded.size()));
    if (size < 0) return std::nullopt;
    out.resize(text.size() * 3 / 4);
    return out;
}

}  // namespace tidegate::base
