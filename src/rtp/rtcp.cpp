#include "rtp/rtcp.hpp"

#include "rtp/limits.hpp"

namespace tidegate::rtp {

namespace {

constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kReceiverReport = 201;
constexpr std::uint8_t kGoodbye = 203;
constexpr std::uint8_t kMaxCount = 31;  // the count field has 5 bits

// Seconds from 1900 to 1970: 70 years of which 17 were leap years.
constexpr std::int64_t kEpochDifference = 2'208'988'800;

std::vector<ReportBlock> read_blocks(base::ByteReader& reader, std::size_t count) {
    std::vector<ReportBlock> blocks;
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        ReportBlock block;
        block.ssrc = reader.u32();
        block.fraction_lost = reader.u8();
        auto const lost = reader.u24();
        block.cumulative_lost = static_cast<std::int32_t>(lost << 8) >> 8;  // sign of 24 bits
        block.highest_sequence = reader.u32();
        block.jitter = reader.u32();
        block.last_sender_report = reader.u32();
        block.delay_since_last = reader.u32();
        blocks.push_back(block);
    }
    return blocks;
}

SenderReport read_sender_report(base::ByteReader& reader, std::size_t count) {
    SenderReport report;
    report.ssrc = reader.u32();
    report.ntp = reader.u64();
    report.rtptime = reader.u32();
    report.packets = reader.u32();
    report.octets = reader.u32();
    report.blocks = read_blocks(reader, count);
    return report;
}

ReceiverReport read_receiver_report(base::ByteReader& reader, std::size_t count) {
    ReceiverReport report;
    report.ssrc = reader.u32();
    report.blocks = read_blocks(reader, count);
    return report;
}

Goodbye read_goodbye(base::ByteReader& reader, std::size_t count) {
    Goodbye bye;
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) bye.ssrcs.push_back(reader.u32());
    return bye;
}

bool read_one(std::uint8_t type, std::size_t count, base::ByteView body,
              std::vector<RtcpPacket>& out) {
    base::ByteReader reader(body);
    switch (type) {
        case kSenderReport:
            out.emplace_back(read_sender_report(reader, count));
            break;
        case kReceiverReport:
            out.emplace_back(read_receiver_report(reader, count));
            break;
        case kGoodbye:
            out.emplace_back(read_goodbye(reader, count));
            break;
        default:
            break;  // SDES, APP, feedback
    }
    return !reader.failed();
}

void write_blocks(base::ByteWriter& writer, std::vector<ReportBlock> const& blocks) {
    for (std::size_t i = 0; i < std::min<std::size_t>(blocks.size(), kMaxCount); ++i) {
        auto const& block = blocks[i];
        writer.u32(block.ssrc);
        writer.u8(block.fraction_lost);
        writer.u24(static_cast<std::uint32_t>(block.cumulative_lost) & 0xFFFFFF);
        writer.u32(block.highest_sequence);
        writer.u32(block.jitter);
        writer.u32(block.last_sender_report);
        writer.u32(block.delay_since_last);
    }
}

void write_head(base::ByteWriter& writer, std::uint8_t type, std::size_t fixed_words,
                std::vector<ReportBlock> const& blocks) {
    auto const count = std::min<std::size_t>(blocks.size(), kMaxCount);
    writer.u8(static_cast<std::uint8_t>(0x80 | count));
    writer.u8(type);
    writer.u16(static_cast<std::uint16_t>(fixed_words + 6 * count));
}

}  // namespace

std::expected<std::vector<RtcpPacket>, Error> parse_rtcp(base::ByteView bytes) {
    std::vector<RtcpPacket> packets;
    base::ByteReader reader(bytes);
    if (bytes.empty()) return std::unexpected(Error::bad_rtcp);
    for (std::size_t i = 0; reader.remaining() > 0 && i < kMaxRtcpPackets; ++i) {
        auto const flags = reader.u8();
        auto const type = reader.u8();
        auto body = reader.take(std::size_t{4} * reader.u16());
        if (reader.failed() || flags >> 6 != 2) return std::unexpected(Error::bad_rtcp);
        if ((flags & 0x20) != 0) {  // padding, counted in its last byte
            if (body.empty() || body.back() == 0 || body.back() > body.size()) {
                return std::unexpected(Error::bad_padding);
            }
            body = body.first(body.size() - body.back());
        }
        if (!read_one(type, flags & 0x1F, body, packets)) return std::unexpected(Error::bad_rtcp);
    }
    return packets;
}

base::Bytes write_rtcp(SenderReport const& report) {
    base::Bytes bytes;
    base::ByteWriter writer(bytes);
    write_head(writer, kSenderReport, 6, report.blocks);
    writer.u32(report.ssrc);
    writer.u64(report.ntp);
    writer.u32(report.rtptime);
    writer.u32(report.packets);
    writer.u32(report.octets);
    write_blocks(writer, report.blocks);
    return bytes;
}

base::Bytes write_rtcp(ReceiverReport const& report) {
    base::Bytes bytes;
    base::ByteWriter writer(bytes);
    write_head(writer, kReceiverReport, 1, report.blocks);
    writer.u32(report.ssrc);
    write_blocks(writer, report.blocks);
    return bytes;
}

std::uint64_t ntp_from_unix(std::chrono::nanoseconds since_1970) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
    auto const part = static_cast<std::uint64_t>((since_1970 - seconds).count());
    auto const whole = static_cast<std::uint64_t>(seconds.count() + kEpochDifference);
    return whole << 32 | ((part << 32) / 1'000'000'000);
}

std::chrono::nanoseconds unix_from_ntp(std::uint64_t ntp) {
    auto const seconds = static_cast<std::int64_t>(ntp >> 32) - kEpochDifference;
    auto const part = ((ntp & 0xFFFFFFFF) * 1'000'000'000 + (1ULL << 31)) >> 32;
    return std::chrono::seconds{seconds} + std::chrono::nanoseconds{part};
}

}  // namespace tidegate::rtp
