#include "rtsp/core/rtp_info.hpp"

#include "base/number.hpp"
#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

// Like cut(), but a separator inside a quoted string does not count.
std::string_view cut_unquoted(std::string_view& rest, char separator) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
        if (rest[end] == '"') quoted = !quoted;
    }
    auto const part = rest.substr(0, end);
    rest.remove_prefix(end == rest.size() ? end : end + 1);
    return trim(part);
}

std::string_view unquoted(std::string_view text) {
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

}  // namespace

std::string write_rtp_info(std::span<RtpInfo const> infos) {
    std::string out;
    for (auto const& info : infos) {
        if (!out.empty()) out += ',';
        out += "url=" + info.url;
        if (info.sequence) out += ";seq=" + std::to_string(*info.sequence);
        if (info.rtptime) out += ";rtptime=" + std::to_string(*info.rtptime);
    }
    return out;
}

std::vector<RtpInfo> parse_rtp_info(std::string_view value) {
    std::vector<RtpInfo> infos;
    while (!value.empty() && infos.size() < kMaxMedias) {
        auto entry = cut_unquoted(value, ',');
        RtpInfo info;
        while (!entry.empty()) {
            auto parameter = cut_unquoted(entry, ';');
            auto const key = cut_unquoted(parameter, '=');
            auto const text = trim(parameter);
            if (equal_ignoring_case(key, "url")) info.url = unquoted(text);
            if (equal_ignoring_case(key, "seq")) {
                info.sequence = base::parse_number<std::uint16_t>(text);
            }
            if (equal_ignoring_case(key, "rtptime")) {
                info.rtptime = base::parse_number<std::uint32_t>(text);
            }
        }
        if (!info.url.empty()) infos.push_back(std::move(info));
    }
    return infos;
}

SessionHeader parse_session(std::string_view value) {
    SessionHeader session;
    session.id = cut_unquoted(value, ';');
    while (!value.empty()) {
        auto parameter = cut_unquoted(value, ';');
        if (!equal_ignoring_case(cut_unquoted(parameter, '='), "timeout")) continue;
        session.timeout_seconds = base::parse_number<int>(trim(parameter));
    }
    return session;
}

}  // namespace tidegate::rtsp
