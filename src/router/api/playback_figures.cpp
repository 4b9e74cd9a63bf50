#include "router/api/playback_figures.hpp"

namespace tidegate::router {
namespace {

void write_requests(MetricsText& out, std::string_view request,
                    PlaybackFigures::Requests const& requests) {
    for (auto const& [result, count] :
         {std::pair{"answered", &requests.answered}, std::pair{"refused", &requests.refused}}) {
        out.line("playback_requests_total", label_text({{"request", request}, {"result", result}}),
                 count->load(std::memory_order_relaxed));
    }
}

}  // namespace

void PlaybackFigures::count(std::string_view path, unsigned status) {
    auto* const requests = path == "/list" ? &list : path == "/get" ? &get : nullptr;
    if (requests == nullptr) return;
    auto& counter = status < 400 ? requests->answered : requests->refused;
    counter.fetch_add(1, std::memory_order_relaxed);
}

MetricsBlock playback_block(PlaybackFigures const& figures) {
    return {"playback", "", [&figures](MetricsText& out, std::string const&) {
                out.title("# Playback");
                out.line("playback_clients", "", figures.clients.load(std::memory_order_relaxed));
                write_requests(out, "get", figures.get);
                write_requests(out, "list", figures.list);
                out.line("playback_sent_bytes_total", "",
                         figures.sent_bytes.load(std::memory_order_relaxed));
                out.end_block();
            }};
}

}  // namespace tidegate::router
