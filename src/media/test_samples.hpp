// Parameter sets made by x264 and x265 (ffmpeg 5.1, testsrc2), and bytes from and to hex, for the
// tests of media and above. Tests only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "media/track.hpp"

namespace tidegate::media::test {

// Spaces are skipped. REQUIRES: an even number of hex digits.
inline base::Bytes hex(std::string_view text) {
    base::Bytes out;
    unsigned value = 0;
    bool half = false;
    for (auto const c : text) {
        if (c == ' ') continue;
        auto const digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
        value = half ? value << 4 | digit : digit;
        if (half) out.push_back(static_cast<std::uint8_t>(value));
        half = !half;
    }
    return out;
}

inline std::string to_hex(base::ByteView bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (auto const byte : bytes) text += {kDigits[byte >> 4], kDigits[byte & 15]};
    return text;
}

inline base::Bytes joined_bytes(std::initializer_list<base::Bytes> parts) {
    base::Bytes all;
    for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

// Bits and exp-Golomb codes, for sets and configurations that no encoder makes. The last byte is
// zero-filled.
class BitWriter {
public:
    BitWriter& bits(std::uint64_t value, unsigned count) {
        for (; count > 0; --count) put((value >> (count - 1) & 1U) != 0);
        return *this;
    }
    BitWriter& ue(std::uint64_t value) {
        unsigned length = 0;
        while ((value + 1) >> (length + 1) != 0) ++length;
        return bits(0, length).bits(value + 1, length + 1);
    }
    BitWriter& align() {
        count_ = bytes_.size() * 8;
        return *this;
    }
    base::Bytes const& bytes() const { return bytes_; }

private:
    void put(bool bit) {
        if (count_ % 8 == 0) bytes_.push_back(0);
        if (bit) bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | 0x80U >> (count_ % 8));
        ++count_;
    }

    base::Bytes bytes_;
    std::size_t count_ = 0;
};

// The first set of a role. REQUIRES: there is one.
inline base::Bytes first_set(ParameterSets const& sets, NalRole role) {
    return sets.of(role)[0].nalu;
}

inline H264Config h264_720p() {
    return {hex("6764001facd9405005bb0110000003001000000303c0f1831960"), hex("68ebe3cb22c0")};
}
inline H264Config h264_main_360p() {
    return {hex("674d401eeca05017fcb808800000030080000019078b16cb"), hex("68ebe3cb20")};
}
inline H265Config h265_1080p() {
    return {hex("40010c01ffff016000000300900000030000030078959809"),
            hex("420101016000000300900000030000030078a003c08010e596566924caf01680800000030080"
                "00000f04"),
            hex("4401c172b46240")};
}
inline H265Config h265_main10_362p() {
    return {hex("40010c01ffff02200000030090000003000003003f959809"),
            hex("42010102200000030090000003000003003fa005120171c92365959a4932bc05a02000000300"
                "200000030321"),
            hex("4401c172b46240")};
}
// Of SVT-AV1, libvpx and FFmpeg's FLAC (ffmpeg 9, testsrc2 of 160x120 at 15 Hz; mono at 48 kHz).
inline Av1Config av1_160x120() {
    return {hex("0a0b020000051da7fb805f0008")};
}
inline Vp9Config vp9_160x120() {
    Vp9Config config;
    config.width = 160;
    config.height = 120;
    config.level = 10;
    return config;
}
inline FlacConfig flac_mono_48000() {
    return {hex("04800480000000000000 0bb800f000000000 00000000000000000000000000000000"), 48000,
            1};
}
inline AacConfig aac_stereo_44100() {
    return {hex("1210"), 44100, 2};
}

}  // namespace tidegate::media::test
