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
    auto bare = text;
    for (int i = 0; i < 2 && bare.ends_with('='); ++i) bare.remove_suffix(1);
    if (bare.size() % 4 == 1 || !is_base64(bare)) return std::nullopt;
    std::string padded;
    if (text.size() % 4 != 0) {  // only then it has to be copied
        padded = bare;
        padded.append((4 - padded.size() % 4) % 4, '=');
        text = padded;
    }
    Bytes out(text.size() / 4 * 3);
    if (text.empty()) return out;
    auto const size =
        EVP_DecodeBlock(out.data(), reinterpret_cast<unsigned char const*>(text.data()),
                        static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    out.resize(bare.size() * 3 / 4);
    return out;
}

}  // namespace tidegate::base
