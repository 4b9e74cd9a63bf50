// The metrics page, in MediaMTX's own text form. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "router/paths/paths_view.hpp"

namespace tidegate::router {

// Returns labels as they stand behind a metric's name: {name="x",state="ready"}. Empty without
// labels. They must come in alphabetical order; values are not escaped.
using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
std::string label_text(Labels labels);

// The name of a metric in two pieces: the same metrics are shown of rtmp_conns and of rtmps_conns.
struct MetricName {
    MetricName(std::string_view whole) : rest(whole) {}
    MetricName(char const* whole) : rest(whole) {}
    MetricName(std::string_view first, std::string_view last) : prefix(first), rest(last) {}
    std::string_view prefix, rest;
};

class MetricsText {
public:
    void title(std::string_view text);  // "# Paths"
    void line(MetricName name, std::string_view labels, std::uint64_t value);
    void line(MetricName name, std::string_view labels, double value);
    void line(MetricName name, std::string_view labels, std::string_view value);
    // Makes room for about so many bytes.
    void expect(std::size_t bytes) { text_.reserve(text_.size() + bytes); }
    void append(MetricsText const& other) { text_ += other.text_; }
    std::size_t size() const { return text_.size(); }
    void end_block() { text_ += '\n'; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

// One block of the page, or a few that belong together: "rtmp_conns" is a title with its lines, and
// the same once more for the deprecated names.
struct MetricsBlock {
    std::string name;    // "rtmp_conns": ?type=rtmp_conns asks for this block alone
    std::string filter;  // "rtmp_conn": ?rtmp_conn=<id> asks for one item of it
    // wanted: that item; empty: all of them.
    std::function<void(MetricsText& out, std::string const& wanted)> write;
    bool only_by_type = false;  // not on the whole page
};

// The page that a request asks for. MediaMTX's blocks stand in its order, whatever the order of
// `blocks`; others follow.
std::string metrics_page(std::vector<MetricsBlock> const& blocks, http::Request const& request);

MetricsBlock paths_block(PathsView const& paths);

}  // namespace tidegate::router
