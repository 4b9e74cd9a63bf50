#include <map>
#include <utility>

#include "router/api/metrics_page.hpp"

namespace tidegate::router {
namespace {

constexpr std::uint64_t kZero = 0;

std::string_view state_of(PathFigures const& path) {
    return path.available ? "ready" : "notReady";
}

std::string labels_of(PathFigures const& path) {
    return label_text({{"name", path.name}, {"state", state_of(path)}});
}

void write_readers(MetricsText& out, PathFigures const& path) {
    if (path.readers == nullptr || path.readers->empty()) {
        return out.line(
            "paths_readers",
            label_text({{"name", path.name}, {"readerType", ""}, {"state", state_of(path)}}),
            kZero);
    }
    std::map<std::string_view, std::uint64_t> count;
    for (auto const& reader : *path.readers) ++count[reader.type];
    for (auto const& [type, number] : count) {
        out.line("paths_readers",
                 label_text({{"name", path.name}, {"readerType", type}, {"state", state_of(path)}}),
                 number);
    }
}

void write_path(MetricsText& out, MetricsText& deprecated, PathFigures const& path) {
    auto const labels = labels_of(path);
    out.line("paths", labels, std::uint64_t{1});
    write_readers(out, path);
    out.line("paths_inbound_bytes", labels, path.inbound_bytes);
    out.line("paths_outbound_bytes", labels, path.outbound_bytes);
    out.line("paths_inbound_frames_in_error", labels, path.inbound_frames_in_error);
    deprecated.line("paths_bytes_received", labels, path.inbound_bytes);
    deprecated.line("paths_bytes_sent", labels, path.outbound_bytes);
}

void write_none(MetricsText& out) {
    out.title("# Paths");
    for (auto const* name : {"paths", "paths_inbound_bytes", "paths_outbound_bytes",
                             "paths_inbound_frames_in_error"}) {
        out.line(name, "", kZero);
    }
    out.end_block();
    out.title("# Paths (deprecated)");
    for (auto const* name : {"paths_bytes_received", "paths_bytes_sent", "paths_readers"}) {
        out.line(name, "", kZero);
    }
    out.end_block();
}

void write_paths(MetricsText& out, PathsView const& paths, std::string const& wanted) {
    MetricsText deprecated;
    bool begun = false;
    paths.each([&](PathFigures const& path) {
        if (!std::exchange(begun, true)) {
            out.title("# Paths");
            deprecated.title("# Paths (deprecated)");
        }
        if (wanted.empty() || path.name == wanted) write_path(out, deprecated, path);
    });
    if (!begun) {
        if (wanted.empty()) write_none(out);
        return;
    }
    out.end_block();
    deprecated.end_block();
    out.append(deprecated);
}

}  // namespace

MetricsBlock paths_block(PathsView const& paths) {
    return {"paths", "path", [&paths](MetricsText& out, std::string const& wanted) {
                write_paths(out, paths, wanted);
            }};
}

}  // namespace tidegate::router
