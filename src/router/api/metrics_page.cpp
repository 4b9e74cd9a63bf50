#include "router/api/metrics_page.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "router/api/answer.hpp"

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

void MetricsText::line(MetricName name, std::string_view labels, std::string_view value) {
    // One piece: a page has tens of thousands of lines.
    auto const old = text_.size();
    auto const size =
        old + name.prefix.size() + name.rest.size() + labels.size() + value.size() + 2;
    if (size > text_.capacity()) text_.reserve(std::max(size, text_.capacity() * 2));
    text_.resize_and_overwrite(size, [&](char* begin, std::size_t length) {
        auto* at = begin + old;
        // By memcpy: compilers make byte by byte loops of std::ranges::copy.
        for (auto const piece : {name.prefix, name.rest, labels}) {
            at += piece.copy(at, piece.size());
        }
        *at++ = ' ';
        at += value.copy(at, value.size());
        *at = '\n';
        return length;
    });
}

void MetricsText::line(MetricName name, std::string_view labels, std::uint64_t value) {
    char digits[20];  // of 2^64 - 1
    line(name, labels, {digits, std::to_chars(digits, digits + sizeof digits, value).ptr});
}

void MetricsText::line(MetricName name, std::string_view labels, double value) {
    char buffer[400];  // the longest shortest decimal without an exponent
    line(name, labels,
         {buffer,
          std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr});
}

namespace {

struct KnownBlock {
    std::string_view name, filter;
};

// All of MediaMTX's, in its order. A filter of a block that is not here hides the others too.
constexpr KnownBlock kMediamtxBlocks[] = {{"paths", "path"},
                                          {"forward_dests", "forward_dest"},
                                          {"hls_sessions", "hls_session"},
                                          {"hls_muxers", "hls_muxer"},
                                          {"rtsp_conns", "rtsp_conn"},
                                          {"rtsp_sessions", "rtsp_session"},
                                          {"rtsps_conns", "rtsps_conn"},
                                          {"rtsps_sessions", "rtsps_session"},
                                          {"rtmp_conns", "rtmp_conn"},
                                          {"rtmps_conns", "rtmps_conn"},
                                          {"srt_conns", "srt_conn"},
                                          {"webrtc_sessions", "webrtc_session"},
                                          {"moq_sessions", "moq_session"}};

auto place_of(MetricsBlock const* block) {
    return std::ranges::find(kMediamtxBlocks, block->name, &KnownBlock::name);
}

std::vector<MetricsBlock const*> in_order(std::vector<MetricsBlock> const& blocks) {
    std::vector<MetricsBlock const*> order;
    for (auto const& block : blocks) order.push_back(&block);
    std::ranges::sort(order, {},
                      [](auto const* block) { return std::pair(place_of(block), block); });
    return order;
}

// Whether one item is asked for, of whatever block.
bool filters(http::Request const& request, std::vector<MetricsBlock> const& blocks) {
    auto const is_set = [&](std::string_view filter) {
        return !filter.empty() && !query_param(request, filter).empty();
    };
    return std::ranges::any_of(kMediamtxBlocks, is_set, &KnownBlock::filter) ||
           std::ranges::any_of(blocks, is_set, &MetricsBlock::filter);
}

}  // namespace

std::string metrics_page(std::vector<MetricsBlock> const& blocks, http::Request const& request) {
    // Pages resemble the one before: growing to a megabyte would copy another one.
    static std::atomic<std::size_t> usual_size{0};
    auto const type = query_param(request, "type");
    bool const filtered = filters(request, blocks);
    bool const whole = type.empty() && !filtered;
    MetricsText out;
    if (whole) out.expect(usual_size.load(std::memory_order_relaxed));
    for (auto const* block : in_order(blocks)) {
        auto const wanted = query_param(request, block->filter);
        bool const of_type = type == block->name || (type.empty() && !block->only_by_type);
        if (of_type && (!filtered || !wanted.empty())) block->write(out, wanted);
    }
    if (whole) usual_size.store(out.size() + out.size() / 8, std::memory_order_relaxed);
    return out.take();
}

}  // namespace tidegate::router
