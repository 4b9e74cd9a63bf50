// tidegate-floor: what the kernel alone asks for the same frames on the same sockets
// (bench/README.md).
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "floor/server.hpp"

int main(int argc, char** argv) {
    using namespace tidegate::bench;
    CLI::App app("Sends each publisher's frames to its readers, and nothing else",
                 "tidegate-floor");
    std::uint16_t port = 0;
    auto mode = FloorMode::unit;
    int window_ms = 40;
    std::map<std::string, FloorMode> const modes{{"unit", FloorMode::unit},
                                                 {"packet", FloorMode::packet},
                                                 {"ride", FloorMode::ride},
                                                 {"merge", FloorMode::merge}};
    app.add_option("--port", port)->required();
    app.add_option("--mode", mode, "unit, packet, ride or merge")
        ->transform(CLI::Transformer(modes));
    app.add_option("--window-ms", window_ms, "of ride and merge")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    try {
        FloorServer(port, mode, std::int64_t{window_ms} * 1'000'000).run();
    } catch (std::exception const& error) {
        std::fprintf(stderr, "tidegate-floor: %s\n", error.what());
        return 1;
    }
}
