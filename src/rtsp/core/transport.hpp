// The Transport header (RFC 2326 §12.39). Its fields are written in MediaMTX's order. Plain values;
// any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::rtsp {

enum class Mode : std::uint8_t { play, record };

struct Transport {
    bool tcp = false;     // RTP/AVP/TCP; false: UDP
    bool secure = false;  // RTP/SAVP
    bool multicast = false;
    // The channels of RTP and RTCP.
    std::optional<std::pair<std::uint8_t, std::uint8_t>> interleaved;
    std::optional<Mode> mode;
    std::optional<std::uint32_t> ssrc;
    bool operator==(Transport const&) const = default;
};

// The alternatives of a header in their order. Those with an unknown profile are left out. Ports
// and destinations are not kept, because we never use them. The error is a sentence for the 400
// reply: a channel number or a mode that is not possible.
std::expected<std::vector<Transport>, std::string> parse_transports(std::string_view value);

// RTP/AVP/TCP;unicast;interleaved=0-1[;ssrc=0A0B0C0D][;mode=record]
std::string write_transport(Transport const& transport);

}  // namespace tidegate::rtsp
