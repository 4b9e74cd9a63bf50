#include "endpoint/publisher.hpp"

#include <utility>

#include "endpoint/rtmp_publisher.hpp"
#include "endpoint/rtsp_publisher.hpp"
#include "flv/writer.hpp"

namespace tidegate::endpoint {

bool starts_by_arrival(OutputUrl const& url) {
    return std::holds_alternative<rtsp::Url>(url);
}

std::vector<bool> left_out(OutputUrl const& url, media::Tracks const& tracks) {
    std::vector<bool> missing(tracks.size());
    if (std::holds_alternative<rtsp::Url>(url)) return missing;
    auto const ids = flv::track_ids(tracks);
    for (std::size_t i = 0; i < tracks.size(); ++i) missing[i] = !ids[i];
    return missing;
}

std::unique_ptr<Publisher> make_publisher(net::Link link, net::EventLoop& loop,
                                          OutputUrl const& url, Published published,
                                          PublisherTimes times, PublisherHandler& handler) {
    if (auto const* const rtmp = std::get_if<rtmp::ClientUrl>(&url)) {
        return std::make_unique<RtmpPublisher>(std::move(link), loop, *rtmp, published, times,
                                               handler);
    }
    return std::make_unique<RtspPublisher>(std::move(link), loop, std::get<rtsp::Url>(url),
                                           published, handler);
}

}  // namespace tidegate::endpoint
