#include "archive/io/archive_metrics.hpp"

#include <chrono>

#include "metrics/family.hpp"

namespace tidegate::archive {

namespace {

std::vector<metrics::Sample> failure_samples(ArchiverFigures const& figures) {
    std::vector<metrics::Sample> samples;
    for (std::size_t i = 0; i < kFailures; ++i) {
        auto const failure = static_cast<Failure>(i);
        if (failure == Failure::stopped) continue;
        samples.push_back({{{"reason", std::string(to_string(failure))}},
                           static_cast<double>(figures.failures[i])});
    }
    return samples;
}

http::Response health_of(ArchiverFigures const& figures) {
    http::Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.status = figures.spool_readable ? 200 : 503;
    response.body = figures.spool_readable ? "ok\n" : "the spool cannot be read\n";
    return response;
}

}  // namespace

std::string render_metrics(ArchiverFigures const& figures) {
    using enum metrics::FamilyType;
    auto const one = [](auto value) {
        return std::vector<metrics::Sample>{{{}, static_cast<double>(value)}};
    };
    return metrics::text({
        {"tidegate_archive_segments_total", "Segments that were uploaded.", counter,
         one(figures.segments)},
        {"tidegate_archive_found_segments_total",
         "Segments that no hook has told of, and that were found on the disk.", counter,
         one(figures.found)},
        {"tidegate_archive_segment_bytes_total", "Bytes of the segments that were uploaded.",
         counter, one(figures.segment_bytes)},
        {"tidegate_archive_sent_bytes_total",
         "Bytes of bodies that were sent, with those of tries that failed.", counter,
         one(figures.sent_bytes)},
        {"tidegate_archive_failures_total", "Tries that have failed, by reason.", counter,
         failure_samples(figures)},
        {"tidegate_archive_spool_segments", "Segments that are to be uploaded.", gauge,
         one(figures.waiting)},
        {"tidegate_archive_uploads", "Uploads under way.", gauge, one(figures.under_way)},
        {"tidegate_archive_streams_retrying", "Streams whose last upload has failed.", gauge,
         one(figures.waiting_streams)},
        {"tidegate_archive_oldest_seconds",
         "How long the oldest segment in the spool has waited; 0: none waits.", gauge,
         one(std::chrono::duration<double>(figures.oldest).count())},
        {"tidegate_archive_dead_segments", "Segments that were given up, and are in dead/.", gauge,
         one(figures.dead)},
    });
}

ArchiveServer::ArchiveServer(boost::asio::io_context& io, std::string const& address,
                             Archiver const& archiver)
    : server_(io, address, [&archiver] { return render_metrics(archiver.figures()); }) {
    server_.route("GET", "/healthz",
                  [&archiver](http::Request const&) { return health_of(archiver.figures()); });
}

}  // namespace tidegate::archive
