#include "router/api/metrics_text.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>

namespace tidegate::router {

std::string label_text(Labels labels) {
    std::size_t length = 0;
    for (auto const& [name, value] : labels) length += name.size() + value.size() + 4;
    std::string text;
    text.reserve(length + 1);
    for (auto const& [name, value] : labels) {
        text += text.empty() ? '{' : ',';
        text += name;
        text += "=\"";
        text += value;
        text += '"';
    }
    return text.empty() ? text : text + '}';
}

void MetricsText::title(std::string_view text) {
    text_ += text;
    text_ += '\n';
}

void MetricsText::line(std::string_view name, std::string_view labels, std::string_view value) {
    // One piece: a page has tens of thousands of lines.
    auto const old = text_.size();
    auto const size = old + name.size() + labels.size() + value.size() + 2;
    if (size > text_.capacity()) text_.reserve(std::max(size, text_.capacity() * 2));
    text_.resize_and_overwrite(size, [&](char* begin, std::size_t length) {
        auto* at = std::ranges::copy(name, begin + old).out;
        at = std::ranges::copy(labels, at).out;
        *at++ = ' ';
        *std::ranges::copy(value, at).out = '\n';
        return length;
    });
}

void MetricsText::line(std::string_view name, std::string_view labels, std::uint64_t value) {
    char digits[20];  // of 2^64 - 1
    line(name, labels, {digits, std::to_chars(digits, digits + sizeof digits, value).ptr});
}

void MetricsText::line(std::string_view name, std::string_view labels, double value) {
    char buffer[400];  // the longest shortest decimal without an exponent
    line(name, labels,
         {buffer,
          std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr});
}

MetricsFilter::MetricsFilter(http::Request const& request) {
    static constexpr std::string_view kFilters[] = {
        "path",         "forward_dest",   "hls_muxer",     "hls_session", "rtsp_conn",
        "rtsp_session", "rtsps_conn",     "rtsps_session", "rtmp_conn",   "rtmps_conn",
        "srt_conn",     "webrtc_session", "moq_session"};
    auto const value = [&](std::string_view name) {
        return std::string(request.query_value(name).value_or(""));
    };
    type = value("type");
    path = value("path");
    rtmp_conn = value("rtmp_conn");
    rtsp_conn = value("rtsp_conn");
    rtsp_session = value("rtsp_session");
    for (auto const name : kFilters) any = any || !value(name).empty();
}

// Nothing is forwarded here: the block is shown, empty, only when it is asked for.
void write_forward_dests(MetricsText& out, MetricsFilter const& filter) {
    if (filter.type != "forward_dests" || filter.any) return;
    out.title("# Forward destinations");
    out.line("forward_dests", "", std::uint64_t{0});
    out.line("forward_dests_outbound_bytes", "", std::uint64_t{0});
    out.end_block();
}

std::string metrics_text(StateView const& state, MetricsServers servers,
                         http::Request const& request) {
    // Pages resemble the one before: growing to a megabyte would copy another one.
    static std::atomic<std::size_t> usual_size{0};
    MetricsFilter const filter(request);
    bool const whole = filter.type.empty() && !filter.any;
    MetricsText out;
    if (whole) out.expect(usual_size.load(std::memory_order_relaxed));
    if (filter.shows("paths", filter.path)) write_paths(out, state, filter);
    write_forward_dests(out, filter);
    if (servers.rtsp && filter.shows("rtsp_conns", filter.rtsp_conn)) {
        write_rtsp_conns(out, state, filter);
    }
    if (servers.rtsp && filter.shows("rtsp_sessions", filter.rtsp_session)) {
        write_rtsp_sessions(out, state, filter);
    }
    if (servers.rtmp && filter.shows("rtmp_conns", filter.rtmp_conn)) {
        write_rtmp_conns(out, state, filter);
    }
    if (whole) usual_size.store(out.size() + out.size() / 8, std::memory_order_relaxed);
    return out.take();
}

}  // namespace tidegate::router
