#include "router/hls/items.hpp"

#include "router/api/items.hpp"
#include "router/api/metrics_table.hpp"

namespace tidegate::router {

void HlsMuxerRecord::read_counters(HlsMuxerInfo& info) const {
    std::chrono::nanoseconds const since_1970(last_request.load(std::memory_order_relaxed));
    info.last_request = WallTime(std::chrono::duration_cast<WallTime::duration>(since_1970));
    info.outbound_bytes = outbound_bytes.load(std::memory_order_relaxed);
    info.outbound_frames_discarded = discarded.load(std::memory_order_relaxed);
}

void HlsSessionRecord::read_counters(HlsSessionInfo& info) const {
    info.outbound_bytes = outbound_bytes.load(std::memory_order_relaxed);
    info.outbound_fragments_discarded = discarded.load(std::memory_order_relaxed);
}

namespace {

using Muxer = HlsMuxerInfo;
using HlsSessionItem = HlsSessionInfo;

void append_muxer(std::string& text, Muxer const& muxer) {
    JsonObject(text)
        .add("path", muxer.id)
        .add("created", to_text(muxer.created))
        .add("lastRequest", to_text(muxer.last_request))
        .add("outboundBytes", muxer.outbound_bytes)
        .add("outboundFramesDiscarded", muxer.outbound_frames_discarded)
        .add("bytesSent", muxer.outbound_bytes)
        .end();
}

void append_hls_session(std::string& text, HlsSessionItem const& session) {
    JsonObject item(text);
    item.add("id", session.id)
        .add("created", to_text(session.created))
        .add("remoteAddr", session.remote_address);
    add_client(item, session)
        .add("isCDN", session.is_cdn)
        .add("outboundBytes", session.outbound_bytes)
        .end();
}

std::string muxer_labels(Muxer const& muxer) {
    return label_text({{"name", muxer.id}});
}

std::string hls_session_labels(HlsSessionItem const& session) {
    return label_text(
        {{"id", session.id}, {"path", session.path}, {"remoteAddr", session.remote_address}});
}

constexpr Metric<Muxer> kMuxerMetrics[] = {
    {"hls_muxers"},
    {"hls_muxers_outbound_bytes", &Muxer::outbound_bytes},
    {"hls_muxers_outbound_frames_discarded", &Muxer::outbound_frames_discarded},
};

constexpr Metric<Muxer> kDeprecatedMuxerMetrics[] = {
    {"hls_muxers_bytes_sent", &Muxer::outbound_bytes},
};

constexpr Metric<HlsSessionItem> kHlsSessionMetrics[] = {
    {"hls_sessions"},
    {"hls_sessions_outbound_bytes", &HlsSessionItem::outbound_bytes},
    {"hls_sessions_outbound_fragments_discarded", &HlsSessionItem::outbound_fragments_discarded},
};

constexpr MetricsTable<Muxer> kMuxers{"# HLS muxers", kMuxerMetrics, kDeprecatedMuxerMetrics,
                                      muxer_labels};
constexpr MetricsTable<HlsSessionItem> kHlsSessions{
    "# HLS sessions", kHlsSessionMetrics, {}, hls_session_labels};

Answer get_muxer(HlsItems& items, http::Request const& request) {
    auto const muxer = items.muxers.find(param(request, "name"));
    if (muxer == nullptr) return std::unexpected(ApiError{404, "muxer not found"});
    std::string text;
    append_muxer(text, muxer->snapshot());
    return text;
}

Answer list_muxers(HlsItems& items, http::Request const& request) {
    return list_answer(request, items.muxers.entries(), [](std::string& text, auto const& muxer) {
        append_muxer(text, muxer->snapshot());
    });
}

void write_refusals(MetricsText& out, HlsRefusals const& refusals) {
    out.title("# HLS requests refused");
    auto const line = [&](std::string_view reason, std::atomic<std::uint64_t> const& count) {
        out.line("hls_refused_total", label_text({{"reason", reason}}),
                 count.load(std::memory_order_relaxed));
    };
    line("bad_directive", refusals.directives);
    line("sessions", refusals.sessions);
    line("sessions_of_address", refusals.sessions_of_address);
    line("timed_out", refusals.timed_out);
    out.end_block();
}

}  // namespace

std::vector<ApiEndpoint> hls_endpoints(HlsItems& items) {
    std::vector<ApiEndpoint> endpoints;
    endpoints.push_back({"GET", "/v3/hlsmuxers/list", [&items](http::Request const& request) {
                             return list_muxers(items, request);
                         }});
    endpoints.push_back(
        {"GET", "/v3/hlsmuxers/get/{name...}",
         [&items](http::Request const& request) { return get_muxer(items, request); }});
    add_endpoints(endpoints, items.sessions,
                  {.name = "hlssessions",
                   .not_found = "session not found",
                   .may_be_kicked = true,
                   .append = append_hls_session});
    return endpoints;
}

std::vector<MetricsBlock> hls_metrics(HlsItems const& items) {
    return {table_block("hls_sessions", "hls_session", kHlsSessions, items.sessions),
            table_block("hls_muxers", "hls_muxer", kMuxers, items.muxers),
            {"hls_refused", "", [&items](MetricsText& out, std::string const&) {
                 write_refusals(out, items.refusals);
             }}};
}

}  // namespace tidegate::router
