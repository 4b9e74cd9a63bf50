#include "ts/tables.hpp"

#include <string>

#include "media/mp3.hpp"
#include "ts/adts.hpp"
#include "ts/packet_writer.hpp"

namespace tidegate::ts {

namespace {

using media::Codec;

constexpr std::uint16_t kProgram = 1;
constexpr std::uint16_t kStreamId = 1;
constexpr std::uint8_t kPatTable = 0;
constexpr std::uint8_t kPmtTable = 2;
constexpr std::size_t kChecksumSize = 4;
constexpr std::uint8_t kMaxOpusChannels = 8;

// Stream types (table 2-34).
enum class StreamType : std::uint8_t {
    mpeg1_audio = 0x03,
    mpeg2_audio = 0x04,
    private_data = 0x06,
    adts = 0x0f,
    h264 = 0x1b,
    h265 = 0x24,
    ac3 = 0x81,  // ATSC A/52 annex A.4; players of DVB know it, too
};

StreamType stream_type(media::Track const& track) {
    switch (track.codec()) {
        case Codec::h264:
            return StreamType::h264;
        case Codec::h265:
            return StreamType::h265;
        case Codec::aac:
            return StreamType::adts;
        case Codec::mp3:
            return media::is_mpeg1_audio(std::get<media::Mp3Config>(track.config))
                       ? StreamType::mpeg1_audio
                       : StreamType::mpeg2_audio;
        case Codec::ac3:
            return StreamType::ac3;
        default:
            return StreamType::private_data;
    }
}

// The registration descriptor (§2.6.8), in front of it the size of all descriptors.
void write_registration(base::ByteWriter& out, std::string_view name, unsigned others) {
    out.u16(0xf000U | (2U + name.size() + others));
    out.u8(0x05U);
    out.u8(name.size());
    out.text(name);
}

// AC-3 is named by its registration (ATSC A/52 annex A.4.1), and so is Opus. The extension
// descriptor of Opus tells the number of its channels, up to eight, which are in Vorbis's order
// (ETSI TS Opus 0.1.3-draft §5.3).
void write_descriptors(base::ByteWriter& out, media::Track const& track) {
    if (track.codec() == Codec::ac3) return write_registration(out, "AC-3", 0);
    auto const* const opus = std::get_if<media::OpusConfig>(&track.config);
    if (opus == nullptr) {
        out.u16(0xf000U);
        return;
    }
    write_registration(out, "Opus", 2U + 2U);
    out.u8(0x7fU);
    out.u8(2U);
    out.u8(0x80U);
    out.u8(opus->channel_count);
}

// Writes a table as its only section: table id, length, `id`, version 0, which is in force, the
// body, and the checksum.
template <class Body>
base::Bytes write_table(std::uint8_t table, std::uint16_t id, Body write_body) {
    base::Bytes body;
    base::ByteWriter writer(body);
    writer.u16(id);
    writer.u8(0xc1U);
    writer.u16(0U);
    write_body(writer);
    base::Bytes section;
    base::ByteWriter out(section);
    out.u8(table);
    out.u16(0xb000U | (body.size() + kChecksumSize));
    out.bytes(body);
    out.u32(crc32(section));
    return section;
}

}  // namespace

std::expected<void, media::Error> check_writable(media::Track const& track) {
    switch (track.codec()) {
        case Codec::h264:
        case Codec::h265:
        case Codec::mp3:
        case Codec::ac3:
            return {};
        case Codec::aac:
            if (auto form = adts_form(std::get<media::AacConfig>(track.config)); !form)
                return std::unexpected(std::move(form.error()));
            return {};
        case Codec::opus:
            if (std::get<media::OpusConfig>(track.config).channel_count <= kMaxOpusChannels)
                return {};
            break;
        default:
            break;
    }
    return media::fail(std::string(track.label()) + " is not supported in MPEG-TS");
}

base::Bytes write_pat() {
    return write_table(kPatTable, kStreamId, [](base::ByteWriter& out) {
        out.u16(kProgram);
        out.u16(0xe000U | unsigned{kPmtPid});
    });
}

base::Bytes write_pmt(std::uint16_t clock_pid, std::span<ElementaryStream const> streams) {
    return write_table(kPmtTable, kProgram, [&](base::ByteWriter& out) {
        out.u16(0xe000U | unsigned{clock_pid});
        out.u16(0xf000U);  // the program has no descriptors
        for (auto const& stream : streams) {
            out.u8(static_cast<std::uint8_t>(stream_type(*stream.track)));
            out.u16(0xe000U | unsigned{stream.pid});
            write_descriptors(out, *stream.track);
        }
    });
}

}  // namespace tidegate::ts
