#include "codec/ffmpeg.hpp"

extern "C" {
#include <libavutil/log.h>
}

#include <array>

namespace tidegate::codec::ffmpeg {

std::string describe(int error) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(error, text.data(), text.size());
    return text.data();
}

void silence() {
    av_log_set_level(AV_LOG_QUIET);
}

}  // namespace tidegate::codec::ffmpeg
