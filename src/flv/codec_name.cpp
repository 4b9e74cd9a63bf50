#include "flv/codec_name.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace tidegate::flv {

namespace {

using media::Codec;

// Indexed by Codec.
constexpr std::array<std::string_view, media::kCodecs> kFourCcs{
    "avc1", "hvc1", "av01", "vp09", "mp4a", "Opus", ".mp3", "ac-3", "ec-3", "fLaC", "", ""};

using Names = std::array<std::string_view, 16>;

// Indexed by FLV's codec id: those of Adobe FLV 10.1 §E.4.3.1 and the unofficial ones that encoders
// use. Empty where an id has no name.
constexpr Names kVideoNames{"",
                            "JPEG",
                            "Sorenson H.263",
                            "Screen video",
                            "VP6",
                            "VP6 with alpha",
                            "Screen video 2",
                            "H.264",
                            "H.263",
                            "MPEG-4 Part 2",
                            "",
                            "",
                            "H.265",
                            "AV1"};

// The same for sound (§E.4.2.1).
constexpr Names kAudioNames{"LPCM",
                            "ADPCM",
                            "MP3",
                            "LPCM",
                            "Nellymoser 16 kHz",
                            "Nellymoser 8 kHz",
                            "Nellymoser",
                            "G.711 A-law",
                            "G.711 µ-law",
                            "",
                            "AAC",
                            "Speex",
                            "",
                            "Opus",
                            "MP3",
                            "device-specific sound"};

struct FourCcName {
    std::string_view four_cc;
    std::string_view name;
};
constexpr std::array<FourCcName, 14> kFourCcNames{{{"avc1", "H.264"},
                                                   {"hvc1", "H.265"},
                                                   {"vvc1", "H.266"},
                                                   {"av01", "AV1"},
                                                   {"vp08", "VP8"},
                                                   {"vp09", "VP9"},
                                                   {"mp4a", "AAC"},
                                                   {"Opus", "Opus"},
                                                   {".mp3", "MP3"},
                                                   {"ac-3", "AC-3"},
                                                   {"ec-3", "E-AC-3"},
                                                   {"ac-4", "AC-4"},
                                                   {"fLaC", "FLAC"},
                                                   {"iamf", "IAMF"}}};

constexpr std::uint32_t kFirstFourCc = 16;

std::string four_cc_name(std::uint32_t number) {
    std::string letters;
    for (int shift = 24; shift >= 0; shift -= 8) {
        letters += static_cast<char>(number >> shift & 0xffU);
    }
    auto const found = std::ranges::find(kFourCcNames, letters, &FourCcName::four_cc);
    if (found != kFourCcNames.end()) return std::string(found->name);
    auto const printable =
        std::ranges::all_of(letters, [](char letter) { return letter >= ' ' && letter <= '~'; });
    return printable ? "codec '" + letters + "'" : "codec " + std::to_string(number);
}

}  // namespace

std::string_view four_cc(Codec codec) {
    return kFourCcs[static_cast<std::size_t>(codec)];
}

std::optional<Codec> codec_of(std::uint32_t number, media::Kind kind) {
    for (std::size_t i = 0; i < kFourCcs.size(); ++i) {
        base::ByteReader letters(base::as_bytes(kFourCcs[i]));
        if (letters.u32() != number || letters.failed()) continue;
        auto const codec = static_cast<Codec>(i);
        if (media::kind_of(codec) == kind) return codec;
    }
    return std::nullopt;
}

std::string codec_name(std::uint32_t number, media::Kind kind) {
    if (number >= kFirstFourCc) return four_cc_name(number);
    auto const name = (kind == media::Kind::video ? kVideoNames : kAudioNames)[number];
    return name.empty() ? "codec " + std::to_string(number) : std::string(name);
}

std::string_view codec_name(Codec codec) {
    static constexpr std::array<std::string_view, media::kCodecs> kNames{
        "H.264", "H.265", "AV1",    "VP9",  "AAC",         "Opus",
        "MP3",   "AC-3",  "E-AC-3", "FLAC", "G.711 A-law", "G.711 µ-law"};
    return kNames[static_cast<std::size_t>(codec)];
}

}  // namespace tidegate::flv
