#include "load/rtmp_scanner.hpp"

#include <algorithm>
#include <cstring>

#include "rtmp/core/message.hpp"

namespace tidegate::bench {

namespace {

using rtmp::MessageType;

constexpr std::array<std::size_t, 4> kMessageHeader = {11, 7, 3, 0};

std::uint32_t big_endian(std::uint8_t const* at, unsigned count) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) value = value << 8 | at[i];
    return value;
}

}  // namespace

bool RtmpScanner::feed(base::ByteView bytes, UnitSink& sink) {
    received_ += static_cast<std::uint32_t>(bytes.size());
    auto const skipped = std::min(skip_, bytes.size());
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    while (!bytes.empty()) {
        if (chunk_remaining_ != 0) {
            payload(bytes, sink);
        } else if (!header(bytes)) {
            return false;
        }
    }
    if (window_ != 0 && received_ - acknowledged_ >= window_ / 2) {
        acknowledged_ = received_;
        sink.on_acknowledge(received_);
    }
    return true;
}

// 0: more bytes are needed.
std::size_t RtmpScanner::header_size(base::ByteView bytes, Stream const* streams) {
    std::size_t const format = bytes[0] >> 6U;
    auto size = 1 + kMessageHeader[format];
    if (bytes.size() < size) return 0;
    bool const extended = format == 3 ? streams[bytes[0] & 63U].extended
                                      : big_endian(bytes.data() + 1, 3) == 0xffffff;
    if (extended) size += 4;
    return bytes.size() < size ? 0 : size;
}

bool RtmpScanner::header(base::ByteView& bytes) {
    if (stashed_ == 0) {
        if (auto const size = header_size(bytes, streams_.data()); size != 0) {
            auto const whole = bytes.first(size);
            bytes = bytes.subspan(size);
            return begin_chunk(whole);
        }
    }
    stash_[stashed_++] = bytes[0];
    bytes = bytes.subspan(1);
    auto const stashed = base::ByteView(stash_).first(stashed_);
    if (header_size(stashed, streams_.data()) == 0) return stashed_ < kMaxHeader;
    stashed_ = 0;
    return begin_chunk(stashed);
}

bool RtmpScanner::begin_chunk(base::ByteView header) {
    std::size_t const format = header[0] >> 6U;
    current_ = header[0] & 63U;
    if (current_ < 2) return false;
    auto& stream = streams_[current_];
    if (format != 3) stream.extended = big_endian(header.data() + 1, 3) == 0xffffff;
    if (format <= 1) {
        stream.length = big_endian(header.data() + 4, 3);
        stream.type = header[7];
    }
    if (stream.remaining == 0) {
        stream.remaining = stream.length;
        head_size_ = 0;
        head_of_ = current_;
    }
    chunk_remaining_ = std::min(stream.remaining, chunk_size_);
    return true;
}

void RtmpScanner::payload(base::ByteView& bytes, UnitSink& sink) {
    auto& stream = streams_[current_];
    auto const count = std::min<std::size_t>(chunk_remaining_, bytes.size());
    if (head_of_ == current_ && head_size_ < kLookedAt) {
        auto const looked_at = std::min(count, kLookedAt - head_size_);
        std::memcpy(head_.data() + head_size_, bytes.data(), looked_at);
        head_size_ += looked_at;
    }
    bytes = bytes.subspan(count);
    chunk_remaining_ -= static_cast<std::uint32_t>(count);
    stream.remaining -= static_cast<std::uint32_t>(count);
    if (stream.remaining == 0 && head_of_ == current_) message(stream, sink);
}

void RtmpScanner::message(Stream const& stream, UnitSink& sink) {
    switch (static_cast<MessageType>(stream.type)) {
        case MessageType::set_chunk_size:
            if (head_size_ >= 4) chunk_size_ = std::max(big_endian(head_.data(), 4), 1U);
            return;
        case MessageType::window_ack_size:
            if (head_size_ >= 4) window_ = big_endian(head_.data(), 4);
            return;
        case MessageType::audio:
        case MessageType::video:
            if (auto const code = find_time_code(base::ByteView(head_).first(head_size_))) {
                sink.on_unit(*code);
            }
            return;
        default:
            return;
    }
}

}  // namespace tidegate::bench
