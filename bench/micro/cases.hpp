// The hot paths as repeatable steps: timed by micro_bench, counted in instructions by
// tidegate-instructions. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tidegate::bench {

using MicroStep = std::function<void()>;  // one unit of work, the same each time

struct MicroCase {
    std::string name;
    MicroStep (*make)();
};

std::vector<MicroCase> const& micro_cases();

// Each of these makes a step with state of its own.
MicroStep read_chunks_128();
MicroStep read_chunks_65536();
MicroStep write_rtmp_message();
MicroStep packetize_rtp();
MicroStep fan_out_to_400();
MicroStep stream_machine_life();
MicroStep hls_mux_picture();
MicroStep hls_playlist();
MicroStep hls_playlist_with_session();
MicroStep hls_part();
MicroStep dub_line_unit();
MicroStep dub_fit();

}  // namespace tidegate::bench
