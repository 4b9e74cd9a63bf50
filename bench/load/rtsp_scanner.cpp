#include "load/rtsp_scanner.hpp"

#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace tidegate::bench {

namespace {

std::size_t content_length(std::string const& response) {
    static constexpr std::string_view kName = "content-length:";
    for (std::size_t at = 0; at != std::string::npos; at = response.find("\r\n", at)) {
        if (at != 0) at += 2;
        if (strncasecmp(response.c_str() + at, kName.data(), kName.size()) == 0) {
            return std::strtoul(response.c_str() + at + kName.size(), nullptr, 10);
        }
    }
    return 0;
}

}  // namespace

bool RtspScanner::feed(base::ByteView bytes, UnitSink& sink) {
    while (!bytes.empty()) {
        if (body_left_ != 0) {
            auto const count = std::min(body_left_, bytes.size());
            body_left_ -= count;
            bytes = bytes.subspan(count);
        } else if (head_size_ != 0 || (response_.empty() && bytes[0] == '$')) {
            frame_bytes(bytes, sink);
        } else if (!text(bytes)) {
            return false;
        }
    }
    return true;
}

bool RtspScanner::text(base::ByteView& bytes) {
    while (!bytes.empty()) {
        response_ += static_cast<char>(bytes[0]);
        bytes = bytes.subspan(1);
        if (!response_.ends_with("\r\n\r\n")) continue;
        body_left_ = content_length(response_);
        response_.clear();
        return true;
    }
    return response_.size() < kMaxResponse && (response_[0] == 'R' || response_[0] == '\r');
}

void RtspScanner::frame_bytes(base::ByteView& bytes, UnitSink& sink) {
    // The common case: the whole frame is in this read.
    if (head_size_ == 0 && bytes.size() >= kFrameHeader) {
        auto const size = kFrameHeader + static_cast<std::size_t>(bytes[2] << 8 | bytes[3]);
        if (bytes.size() >= size) {
            packet(bytes.first(size), sink);
            bytes = bytes.subspan(size);
            return;
        }
    }
    while (head_size_ < kFrameHeader && !bytes.empty()) {
        head_[head_size_++] = bytes[0];
        bytes = bytes.subspan(1);
    }
    if (head_size_ < kFrameHeader) return;
    if (frame_size_ == 0) {
        frame_size_ = kFrameHeader + static_cast<std::size_t>(head_[2] << 8 | head_[3]);
        frame_left_ = frame_size_ - kFrameHeader;
    }
    auto const count = std::min(frame_left_, bytes.size());
    auto const looked_at = std::min(count, kLookedAt - head_size_);
    if (looked_at != 0) std::memcpy(head_.data() + head_size_, bytes.data(), looked_at);
    head_size_ += looked_at;
    frame_left_ -= count;
    bytes = bytes.subspan(count);
    if (frame_left_ != 0) return;
    packet(base::ByteView(head_).first(head_size_), sink);
    head_size_ = 0;
    frame_size_ = 0;
}

// head: the frame, or its first kLookedAt bytes.
void RtspScanner::packet(base::ByteView head, UnitSink& sink) {
    auto const number = head[1];
    if (number >= kChannels || number % 2 != 0 || head.size() < kFrameHeader + kRtpHeader) return;
    auto& channel = channels_[number];
    if (!channel.found) {
        auto const code = find_time_code(head.first(std::min(head.size(), kLookedAt)));
        if (code) channel = {true, *code};
    }
    bool const marker = (head[kFrameHeader + 1] & 0x80U) != 0;
    if (!marker) return;
    if (channel.found) sink.on_unit(channel.code);
    channel.found = false;
}

}  // namespace tidegate::bench
