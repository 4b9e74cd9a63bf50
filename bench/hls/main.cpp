// The load generator for low-latency HLS: viewers of one path, and what they got. The last line of
// its output is JSON.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "hls/viewers.hpp"

using namespace tidegate::bench;

namespace {

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    auto const at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
    return values[std::min(at, values.size() - 1)];
}

void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
    ViewerSettings settings;
    double settle = 2, window = 5;
    bool picture_only = false;
    CLI::App app("Plays one path over low-latency HLS, many times over.");
    app.add_option("--port", settings.port, "of the HLS server on 127.0.0.1")->required();
    app.add_option("--path", settings.path, "of the stream")->required();
    app.add_option("--viewers", settings.viewers, "how many")->required();
    app.add_option("--rate", settings.rate, "viewers that begin, per second");
    app.add_option("--settle", settle, "seconds between the last beginning and the window");
    app.add_option("--window", window, "seconds that are measured");
    app.add_flag("--picture-only", picture_only, "the sound's playlist is not played");
    CLI11_PARSE(app, argc, argv);
    settings.sound = !picture_only;
    settings.settle = std::chrono::milliseconds(static_cast<int>(settle * 1000));
    settings.window = std::chrono::milliseconds(static_cast<int>(window * 1000));
    raise_descriptor_limit();
    auto const report = Viewers(settings).run();
    boost::json::object out;
    out["bytes"] = report.bytes;
    out["requests"] = report.requests;
    out["failed"] = report.failed;
    out["behind"] = report.behind;
    out["parts"] = report.spreads.size();
    out["spread_p50_ms"] = percentile(report.spreads, 0.5);
    out["spread_p99_ms"] = percentile(report.spreads, 0.99);
    out["generator_cpu_percent"] = report.cpu_percent;
    std::puts(boost::json::serialize(out).c_str());
    return 0;
}
