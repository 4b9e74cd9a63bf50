// RTP-Info (RFC 2326 §12.33) and Session (§12.37) headers. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::rtsp {

struct RtpInfo {
    std::string url;
    std::optional<std::uint16_t> sequence;
    std::optional<std::uint32_t> rtptime;
    bool operator==(RtpInfo const&) const = default;
};

std::string write_rtp_info(std::span<RtpInfo const> infos);
// Entries without url are left out; damaged numbers are absent ones.
std::vector<RtpInfo> parse_rtp_info(std::string_view value);

struct SessionHeader {
    std::string id;
    std::optional<int> timeout_seconds;
};
SessionHeader parse_session(std::string_view value);

}  // namespace tidegate::rtsp
