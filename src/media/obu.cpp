#include "media/obu.hpp"

#include <limits>
#include <utility>

namespace tidegate::media {

namespace {

constexpr std::uint8_t kExtension = 4;
constexpr unsigned kMaxLebBytes = 8;

}  // namespace

std::optional<std::uint32_t> read_leb128(base::ByteReader& reader) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < kMaxLebBytes; ++i) {
        std::uint64_t const byte = reader.u8();
        value |= (byte & 0x7f) << (7 * i);
        if ((byte & 0x80) != 0) continue;
        bool const fits = value <= std::numeric_limits<std::uint32_t>::max();
        if (reader.failed() || !fits) return std::nullopt;
        return static_cast<std::uint32_t>(value);
    }
    return std::nullopt;
}

std::optional<Obu> read_obu(base::ByteView bytes) {
    if (bytes.empty()) return std::nullopt;
    std::size_t const header_size = (bytes[0] & kExtension) != 0 ? 2 : 1;
    if (bytes.size() < header_size) return std::nullopt;
    Obu obu{.type = static_cast<ObuType>(bytes[0] >> 3 & 15),
            .whole = bytes,
            .header = bytes.first(header_size),
            .payload = bytes.subspan(header_size)};
    if (!obu.has_size()) return obu;
    base::ByteReader reader(obu.payload);
    auto const size = read_leb128(reader);
    if (!size || *size > reader.remaining()) return std::nullopt;
    obu.whole = bytes.first(header_size + reader.position() + *size);
    obu.payload = obu.whole.subspan(header_size + reader.position());
    return obu;
}

std::optional<Obu> ObuReader::next() {
    if (rest_.empty() || failed_) return std::nullopt;
    auto const obu = read_obu(rest_);
    if (!obu) {
        failed_ = true;
        return std::nullopt;
    }
    rest_ = rest_.subspan(obu->whole.size());
    return obu;
}

void append_obu(base::Bytes& out, Obu const& obu) {
    base::ByteWriter writer(out);
    writer.u8(std::uint8_t(obu.header[0] | kObuHasSize));
    if (obu.header.size() > 1) writer.u8(obu.header[1]);
    write_leb128(writer, obu.payload.size());
    writer.bytes(obu.payload);
}

}  // namespace tidegate::media
