#include "router/forward/items.hpp"

#include <algorithm>

#include "config/mediamtx/forward_dest.hpp"
#include "router/api/metrics_table.hpp"

namespace tidegate::router {

namespace {

std::string_view state_text(ForwardState state) {
    switch (state) {
        case ForwardState::idle:
            return "idle";
        case ForwardState::forwarding:
            return "forwarding";
        case ForwardState::error:
            break;
    }
    return "error";
}

void append_forward(std::string& text, ForwardInfo const& info) {
    auto const& conf = info.conf;
    JsonObject item(text);
    item.add("id", info.id).add("pos", info.pos).add("created", to_text(info.created));
    JsonObject(item.begin("conf"))
        .add("dest", config::mediamtx::masked_dest(conf.dest))
        .add("destFingerprint", conf.fingerprint)
        .add("whipBearerToken", std::string_view(conf.bearer_token.empty() ? "" : "<redacted>"))
        .end();
    item.add("protocol", protocol_of(conf))
        .add("state", state_text(info.state))
        .add("lastError", info.last_error)
        .add("outboundBytes", info.outbound_bytes)
        .end();
}

std::vector<ForwardInfo> of_path(ForwardRecords const& records, std::string_view path) {
    std::vector<ForwardInfo> found;
    records.each([&](ForwardInfo const& info) {
        if (info.path == path) found.push_back(info);
    });
    std::ranges::sort(found, {}, &ForwardInfo::pos);
    return found;
}

// The path that is asked for, or what is wrong with it.
std::expected<std::string, ApiError> path_of(http::Request const& request, PathsView const& paths) {
    auto path = query_param(request, "path");
    if (path.empty()) return std::unexpected(ApiError{400, "invalid path"});
    if (!paths.snapshot(path)) return std::unexpected(ApiError{404, "path not found"});
    return path;
}

Answer list_forwards(ForwardRecords const& records, PathsView const& paths,
                     http::Request const& request) {
    auto const path = path_of(request, paths);
    if (!path) return std::unexpected(path.error());
    return list_answer(request, of_path(records, *path), append_forward);
}

Answer get_forward(ForwardRecords const& records, PathsView const& paths,
                   http::Request const& request) {
    auto id = uuid_of(query_param(request, "id"));
    if (!id) return std::unexpected(id.error());
    auto const path = path_of(request, paths);
    if (!path) return std::unexpected(path.error());
    auto const record = records.find(*id);
    auto const info = record == nullptr ? ForwardInfo{} : record->snapshot();
    if (record == nullptr || info.path != *path) {
        return std::unexpected(ApiError{404, "forward destination not found"});
    }
    std::string text;
    append_forward(text, info);
    return text;
}

constexpr std::string_view kForwardTitle = "# Forward destinations";

void write_forwards(MetricsText& out, std::vector<ForwardInfo> const& items) {
    if (items.empty()) return;
    out.title(kForwardTitle);
    for (auto const& item : items) {
        auto const labels = label_text({{"id", item.id},
                                        {"path", item.path},
                                        {"protocol", protocol_of(item.conf)},
                                        {"state", std::string(state_text(item.state))}});
        out.line("forward_dests", labels, std::uint64_t{1});
        out.line("forward_dests_outbound_bytes", labels, item.outbound_bytes);
    }
    out.end_block();
}

std::vector<ForwardInfo> all_or_one(ForwardRecords const& records, std::string const& id) {
    std::vector<ForwardInfo> items;
    if (id.empty()) {
        records.each([&](ForwardInfo const& info) { items.push_back(info); });
    } else if (auto const record = records.find(id); record != nullptr) {
        items.push_back(record->snapshot());
    }
    return items;
}

void write_none(MetricsText& out) {
    out.title(kForwardTitle);
    out.line("forward_dests", "", std::uint64_t{0});
    out.line("forward_dests_outbound_bytes", "", std::uint64_t{0});
    out.end_block();
}

}  // namespace

std::string protocol_of(config::mediamtx::ForwardDest const& conf) {
    return conf.dest.substr(0, conf.dest.find("://"));
}

std::vector<ApiEndpoint> forward_endpoints(ForwardRecords& records, PathsView const& paths) {
    std::vector<ApiEndpoint> endpoints;
    endpoints.push_back({"GET", "/v3/paths/forward/list", [&](http::Request const& request) {
                             return list_forwards(records, paths, request);
                         }});
    endpoints.push_back({"GET", "/v3/paths/forward/get", [&](http::Request const& request) {
                             return get_forward(records, paths, request);
                         }});
    return endpoints;
}

// Asked for by id, by path, or all; and two zeros for who asks for this block where it is empty.
std::vector<MetricsBlock> forward_metrics(ForwardRecords const& records) {
    std::vector<MetricsBlock> blocks;
    blocks.push_back(
        {"forward_dests", "forward_dest", [&records](MetricsText& out, std::string const& id) {
             write_forwards(out, all_or_one(records, id));
         }});
    blocks.push_back(
        {"forward_dests", "path", [&records](MetricsText& out, std::string const& path) {
             if (!path.empty()) write_forwards(out, of_path(records, path));
         }});
    blocks.push_back({"forward_dests", "forward_dest",
                      [&records](MetricsText& out, std::string const& id) {
                          if (id.empty() && records.size() == 0) write_none(out);
                      },
                      true});
    return blocks;
}

}  // namespace tidegate::router
