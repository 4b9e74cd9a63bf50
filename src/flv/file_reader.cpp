#include "flv/file_reader.hpp"

#include "base/bytes.hpp"

namespace tidegate::flv {

namespace {

constexpr std::size_t kTagHeaderSize = 11;
constexpr std::size_t kPreviousTagSize = 4;
constexpr std::size_t kMinHeaderSize = 9;

}  // namespace

std::expected<FileReader, media::Error> FileReader::open(base::SharedBytes file) {
    base::ByteReader reader(file.view());
    auto const signature = base::as_text(reader.take(3));
    reader.skip(2);  // version, flags
    auto const header_size = std::size_t{reader.u32()};
    if (reader.failed() || signature != "FLV") return media::fail("not an FLV file");
    if (header_size < kMinHeaderSize || header_size + kPreviousTagSize > file.size()) {
        return media::fail("invalid FLV header");
    }
    return FileReader(std::move(file), header_size + kPreviousTagSize);
}

std::expected<std::optional<FileTag>, media::Error> FileReader::next() {
    while (position_ < file_.size()) {
        base::ByteReader reader(file_.view().subspan(position_));
        auto const type = static_cast<std::uint8_t>(reader.u8() & 0x1f);
        auto const size = std::size_t{reader.u24()};
        auto const low = reader.u24();
        auto const timestamp = static_cast<std::int32_t>(std::uint32_t{reader.u8()} << 24 | low);
        reader.skip(3);  // stream id
        reader.skip(size + kPreviousTagSize);
        if (reader.failed()) return media::fail("the FLV file ends inside a tag");
        auto const body = position_ + kTagHeaderSize;
        position_ += reader.position();
        if (type != 8 && type != 9 && type != 18) continue;
        return FileTag{static_cast<FileTagType>(type), timestamp, file_.slice(body, size)};
    }
    return std::nullopt;
}

}  // namespace tidegate::flv
