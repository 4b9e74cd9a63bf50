// tidegate-load: live publishers and readers against one server; the report is the last line of
// standard output, JSON, behind one line per mark (bench/README.md).
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>

#include "load/load.hpp"

namespace {

using namespace tidegate::bench;

void declare(CLI::App& app, LoadSettings& s) {
    std::map<std::string, Target> const targets{{"rtmp", Target::rtmp},
                                                {"rtmps", Target::rtmps},
                                                {"rtsp", Target::rtsp},
                                                {"live", Target::live},
                                                {"floor", Target::floor}};
    std::map<std::string, Wire> const wires{{"rtmp", Wire::rtmp}, {"rtsp", Wire::rtsp}};
    app.option_defaults()->always_capture_default();
    app.add_option("--host", s.host);
    app.add_option("--publish-port", s.publish_port);
    app.add_option("--read-port", s.read_port);
    app.add_option("--publish", s.publish, "rtmp or floor")->transform(CLI::Transformer(targets));
    app.add_option("--read", s.read, "rtmp, rtmps, rtsp, live or floor")
        ->transform(CLI::Transformer(targets));
    app.add_option("--wire", s.wire, "a floor's byte pattern: rtmp or rtsp")
        ->transform(CLI::Transformer(wires));
    app.add_option("--publish-path", s.publish_path, "{} is the stream's number");
    app.add_option("--read-path", s.read_path);
    app.add_option("--publishers", s.publishers)->check(CLI::PositiveNumber);
    app.add_option("--readers", s.readers, "reader n plays stream n modulo the publishers");
    app.add_option("--stalled", s.stalled, "further readers of stream 0 that stop reading");
    app.add_option("--chunk-size", s.chunk_size, "of publishers")->check(CLI::Range(128, 65536));
    app.add_option("--fps", s.media.fps);
    app.add_option("--video-kbps", s.media.video_kbps);
    app.add_option("--audio-rate", s.media.audio_rate, "units per second; 0: no audio");
    app.add_option("--audio-kbps", s.media.audio_kbps);
    app.add_option("--keyframe-every", s.media.keyframe_every, "frames");
    app.add_option("--publish-settle", s.publish_settle_s,
                   "seconds from the last publisher to the first reader");
    app.add_option("--publish-rate", s.publish_rate, "connections per second");
    app.add_option("--read-rate", s.read_rate, "connections per second");
    app.add_option("--start-timeout", s.start_timeout_s,
                   "seconds for all readers to have a picture");
    app.add_option("--settle", s.settle_s, "seconds between that and the window");
    app.add_option("--window", s.window_s, "seconds");
    app.add_flag("--window-from-ramp", s.window_from_ramp, "measure while readers join");
}

void allow_many_sockets() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Publishes and reads live streams, and measures what arrives", "tidegate-load");
    LoadSettings settings;
    declare(app, settings);
    CLI11_PARSE(app, argc, argv);
    allow_many_sockets();
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    try {
        Load load(settings);
        auto const report = load.run([](std::string const& mark) {
            std::printf("%s\n", mark.c_str());
            std::fflush(stdout);
        });
        std::printf("%s\n", report.c_str());
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "tidegate-load: %s\n", error.what());
        return 1;
    }
}
