// The Transport header (RFC 2326 §12.39), read leniently and written in MediaMTX's field order. Any
// thread.
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
    bool tcp = false;     // RTP/AVP/TCP; else UDP
    bool secure = false;  // RTP/SAVP
    bool multicast = false;
    std::optional<std::pair<std::uint8_t, std::uint8_t>> interleaved;
    std::optional<Mode> mode;
    std::optional<std::uint32_t> ssrc;
    bool operator==(Transport const&) const = default;
};

// The alternatives in their order; unknown profiles are left out. An error is a sentence for the
// 400 reply (bad channel numbers, an unknown mode). Ports and destinations are never used, so they
// are not kept.
std::expected<std::vector<Transport>, std::string> parse_transports(std::string_view value);

// RTP/AVP/TCP;unicast;interleaved=0-1[;ssrc=0A0B0C0D][;mode=record]
std::string write_transport(Transport const& transport);

}  // namespace tidegate::rtsp
