// Blocks of metrics whose items all show the same names: current, then deprecated. Internal.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "router/api/metrics_text.hpp"

namespace tidegate::router {

using MetricValue = std::variant<std::uint64_t, double>;

template <class Info>
struct Metric {
    std::string_view name;
    MetricValue (*value)(Info const&);
};

// The blocks of one kind of item.
template <class Info, std::size_t N, std::size_t M>
struct MetricsTable {
    std::string_view title;  // "# RTMP connections"; the other block's adds " (deprecated)"
    Metric<Info> const (&current)[N];
    Metric<Info> const (&deprecated)[M];
    std::string (*labels)(Info const&);
};

template <class Info, std::size_t N>
void write_lines(MetricsText& out, Metric<Info> const (&metrics)[N], std::string_view labels,
                 Info const& item) {
    for (auto const& metric : metrics) {
        std::visit([&](auto value) { out.line(metric.name, labels, value); }, metric.value(item));
    }
}

template <class Info, std::size_t N>
void write_zeros(MetricsText& out, Metric<Info> const (&metrics)[N]) {
    for (auto const& metric : metrics) out.line(metric.name, "", std::uint64_t{0});
}

// Each item's lines in both blocks; with no items at all, the bare names and zeros, unless one item
// was asked for. One pass: an item is fetched from memory once, and labelled once.
template <class Info, std::size_t N, std::size_t M>
class TableWriter {
public:
    TableWriter(MetricsText& out, MetricsTable<Info, N, M> const& table, std::string const& wanted)
        : out_(out), table_(table), wanted_(wanted) {}

    void item(Info const& item) {
        begin();
        if (!wanted_.empty() && item.id != wanted_) return;
        auto const labels = table_.labels(item);
        write_lines(out_, table_.current, labels, item);
        write_lines(deprecated_, table_.deprecated, labels, item);
    }
    void end() {
        if (!begun_) {
            if (!wanted_.empty()) return;
            begin();
            write_zeros(out_, table_.current);
            write_zeros(deprecated_, table_.deprecated);
        }
        out_.end_block();
        deprecated_.end_block();
        out_.append(deprecated_);
    }

private:
    void begin() {
        if (std::exchange(begun_, true)) return;
        out_.title(table_.title);
        deprecated_.title(std::string(table_.title) + " (deprecated)");
    }

    MetricsText& out_;
    MetricsTable<Info, N, M> const& table_;
    std::string const& wanted_;
    MetricsText deprecated_;
    bool begun_ = false;
};

}  // namespace tidegate::router
