// Blocks of metrics whose items all show the same names: current, then deprecated.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <variant>

#include "router/api/metrics_page.hpp"
#include "router/model/registry.hpp"

namespace tidegate::router {

// A name, and the member whose value is shown; none: 1, for the item's existence.
template <class Info>
struct Metric {
    std::string_view name;
    std::variant<std::monostate, std::uint64_t Info::*, double Info::*, bool Info::*> member{};
};

// The blocks of one kind of item.
template <class Info>
struct MetricsTable {
    std::string_view title;  // "# RTMP connections"; the other block's adds " (deprecated)"
    std::span<Metric<Info> const> current;
    std::span<Metric<Info> const> deprecated;  // empty: there is no such block
    std::string (*labels)(Info const&);
    std::string_view prefix = {};  // of all names
};

template <class Info>
void write_lines(MetricsText& out, MetricsTable<Info> const& table,
                 std::span<Metric<Info> const> metrics, std::string_view labels, Info const& item) {
    for (auto const& metric : metrics) {
        MetricName const name(table.prefix, metric.name);
        if (auto const* count = std::get_if<std::uint64_t Info::*>(&metric.member)) {
            out.line(name, labels, item.**count);
        } else if (auto const* number = std::get_if<double Info::*>(&metric.member)) {
            out.line(name, labels, item.**number);
        } else if (auto const* flag = std::get_if<bool Info::*>(&metric.member)) {
            out.line(name, labels, std::uint64_t{item.**flag});
        } else {
            out.line(name, labels, std::uint64_t{1});
        }
    }
}

template <class Info>
void write_zeros(MetricsText& out, MetricsTable<Info> const& table,
                 std::span<Metric<Info> const> metrics) {
    for (auto const& metric : metrics) {
        out.line(MetricName(table.prefix, metric.name), "", std::uint64_t{0});
    }
}

// Both blocks in one pass: an item is fetched from memory once, and labelled once. With no items at
// all they hold the bare names and zeros, unless one item was asked for.
template <class RecordType>
void write_table(MetricsText& out, MetricsTable<typename RecordType::Info> const& table,
                 Registry<RecordType> const& registry, std::string const& wanted) {
    bool const empty = registry.size() == 0;
    if (empty && !wanted.empty()) return;
    MetricsText deprecated;
    out.title(table.title);
    deprecated.title(std::string(table.title) + " (deprecated)");
    auto const write = [&](typename RecordType::Info const& item) {
        auto const labels = table.labels(item);
        write_lines(out, table, table.current, labels, item);
        write_lines(deprecated, table, table.deprecated, labels, item);
    };
    if (empty) {
        write_zeros(out, table, table.current);
        write_zeros(deprecated, table, table.deprecated);
    } else if (wanted.empty()) {
        registry.each(write);
    } else if (auto const entry = registry.find(wanted); entry != nullptr) {
        write(entry->snapshot());
    }
    out.end_block();
    deprecated.end_block();
    if (!table.deprecated.empty()) out.append(deprecated);
}

// The registry and the table outlive the block.
template <class RecordType>
MetricsBlock table_block(std::string name, std::string filter,
                         MetricsTable<typename RecordType::Info> const& table,
                         Registry<RecordType> const& registry) {
    return {std::move(name), std::move(filter),
            [&table, &registry](MetricsText& out, std::string const& wanted) {
                write_table(out, table, registry, wanted);
            }};
}

}  // namespace tidegate::router
