#include "base/crypto/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace tidegate::base {

namespace {

bool is_base64_char(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
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
    if (text.size() % 4 == 1 || !std::ranges::all_of(text, is_base64_char)) return std::nullopt;
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
