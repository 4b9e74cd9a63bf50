// The metrics page, in MediaMTX's own text form (contract §5), a file a block. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "router/model/state.hpp"

namespace tidegate::router {

// Labels in alphabetical order, values as they are: name="x",state="ready" in braces; none: "".
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
std::string label_text(Labels labels);

class MetricsText {
public:
    void title(std::string_view text);  // "# Paths"
    void line(std::string_view name, std::string_view labels, std::uint64_t value);
    void line(std::string_view name, std::string_view labels, double value);
    void line(std::string_view name, std::string_view labels, std::string_view value);
    // About so many bytes will follow.
    void expect(std::size_t bytes) { text_.reserve(text_.size() + bytes); }
    void append(MetricsText const& other) { text_ += other.text_; }
    std::size_t size() const { return text_.size(); }
    void end_block() { text_ += '\n'; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

// What a request asks for: ?type= and the item filters.
struct MetricsFilter {
    explicit MetricsFilter(http::Request const& request);
    std::string type, path, rtmp_conn, rtsp_conn, rtsp_session;
    bool any = false;  // some item filter is set, maybe one of a server that is not here

    // Whether a block is shown: by type, and hidden by filters of other blocks.
    bool shows(std::string_view block, std::string const& own_filter) const {
        return (type.empty() || type == block) && (!any || !own_filter.empty());
    }
};

void write_paths(MetricsText& out, StateView const& state, MetricsFilter const& filter);
void write_forward_dests(MetricsText& out, MetricsFilter const& filter);
void write_rtsp_conns(MetricsText& out, StateView const& state, MetricsFilter const& filter);
void write_rtsp_sessions(MetricsText& out, StateView const& state, MetricsFilter const& filter);
void write_rtmp_conns(MetricsText& out, StateView const& state, MetricsFilter const& filter);

struct MetricsServers {
    bool rtsp = true;
    bool rtmp = true;
};
// The whole page.
std::string metrics_text(StateView const& state, MetricsServers servers,
                         http::Request const& request);

}  // namespace tidegate::router
