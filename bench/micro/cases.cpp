#include "micro/cases.hpp"

namespace tidegate::bench {

std::vector<MicroCase> const& micro_cases() {
    static std::vector<MicroCase> const cases = {
        {"read_chunks_128", read_chunks_128},          // one 10 kB message, as FFmpeg sends it
        {"read_chunks_65536", read_chunks_65536},      // the same in one chunk
        {"write_rtmp_message", write_rtmp_message},    // one 10 kB picture for all RTMP readers
        {"packetize_rtp", packetize_rtp},              // the same for all RTSP readers
        {"fan_out_to_400", fan_out_to_400},            // audio and picture handed to 400 readers
        {"stream_machine_life", stream_machine_life},  // a stream from live to gone, eight steps
        {"hls_mux_picture", hls_mux_picture},          // a picture and its sound; a sixth of a part
        {"hls_playlist", hls_playlist},                // a playlist as all readers share it
        {"hls_playlist_with_session", hls_playlist_with_session},  // with a query in each URI
        {"hls_part", hls_part},                                    // a part for one reader
        {"dub_line_unit", dub_line_unit},  // 1024 frames of stereo: cut, laid, dubbed, mixed
        {"dub_fit", dub_fit},              // half a second of a dub: both loudnesses, checks
    };
    return cases;
}

}  // namespace tidegate::bench
