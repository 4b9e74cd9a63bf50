// The headers RTP-Info (RFC 2326 §12.33) and Session (§12.37). Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::rtsp {

// Where one track of a stream begins.
struct RtpInfo {
    std::string url;                        // of the track
    std::optional<std::uint16_t> sequence;  // of its first packet
    std::optional<std::uint32_t> rtptime;   // at the start of playing, which all tracks share
    bool operator==(RtpInfo const&) const = default;
};

std::string write_rtp_info(std::span<RtpInfo const> infos);
// Entries without a url are left out. A number that cannot be read counts as absent.
std::vector<RtpInfo> parse_rtp_info(std::string_view value);

struct SessionHeader {
    std::string id;
    std::optional<int> timeout_seconds;
};
SessionHeader parse_session(std::string_view value);

}  // namespace tidegate::rtsp
