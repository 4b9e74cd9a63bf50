#include "mp4/box.hpp"

namespace tidegate::mp4 {

std::string box_name(BoxType type) {
    std::string name;
    for (int shift = 24; shift >= 0; shift -= 8) {
        auto const letter = static_cast<char>(type >> shift & 0xff);
        name += letter >= ' ' && letter <= '~' ? letter : '?';
    }
    return name;
}

std::optional<BoxHeader> read_box_header(base::ByteView bytes) {
    base::ByteReader reader(bytes);
    BoxHeader header;
    header.size = reader.u32();
    header.type = reader.u32();
    header.header_size = kBoxHeaderSize;
    if (header.size == 1) {
        header.size = reader.u64();
        header.header_size = kLargeBoxHeaderSize;
        if (header.size == 0) return std::nullopt;
    }
    if (reader.failed() || (header.size != 0 && header.size < header.header_size))
        return std::nullopt;
    return header;
}

std::optional<Box> BoxReader::next() {
    if (rest_.empty()) return std::nullopt;
    auto const header = read_box_header(rest_);
    auto const size = header ? (header->size == 0 ? rest_.size() : header->size) : 0;
    if (!header || size > rest_.size()) {
        failed_ = true;
        rest_ = {};
        return std::nullopt;
    }
    auto const box = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(box.size());
    return Box{header->type, box.subspan(header->header_size)};
}

base::ByteView find_box(base::ByteView boxes, BoxType type) {
    BoxReader reader(boxes);
    while (auto const box = reader.next()) {
        if (box->type == type) return box->payload;
    }
    return {};
}

FullBox read_full_box(base::ByteReader& reader) {
    FullBox box;
    box.version = reader.u8();
    box.flags = reader.u24();
    return box;
}

std::uint64_t read_versioned(base::ByteReader& reader, FullBox box) {
    return box.version == 1 ? reader.u64() : reader.u32();
}

}  // namespace tidegate::mp4
