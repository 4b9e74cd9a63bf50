#include "rtsp/core/rtp_info.hpp"

#include <charconv>

#include "rtsp/core/limits.hpp"
#include "rtsp/core/message.hpp"

namespace tidegate::rtsp {

namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value = 0;
    auto const* const end = text.data() + text.size();
    auto const parsed = std::from_chars(text.data(), end, value);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

// Up to the separator, which a quoted string may contain.
std::string_view cut(std::string_view& rest, char separator) {
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
        auto entry = cut(value, ',');
        RtpInfo info;
        while (!entry.empty()) {
            auto parameter = cut(entry, ';');
            auto const key = cut(parameter, '=');
            if (equal_ignoring_case(key, "url")) info.url = unquoted(parameter);
            if (equal_ignoring_case(key, "seq")) info.sequence = number<std::uint16_t>(parameter);
            if (equal_ignoring_case(key, "rtptime"))
                info.rtptime = number<std::uint32_t>(parameter);
        }
        if (!info.url.empty()) infos.push_back(std::move(info));
    }
    return infos;
}

SessionHeader parse_session(std::string_view value) {
    SessionHeader session;
    session.id = cut(value, ';');
    while (!value.empty()) {
        auto parameter = cut(value, ';');
        if (!equal_ignoring_case(cut(parameter, '='), "timeout")) continue;
        session.timeout_seconds = number<int>(trim(parameter));
    }
    return session;
}

}  // namespace tidegate::rtsp
