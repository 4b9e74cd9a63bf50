#include "worker/figures.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tidegate::worker {

std::string const& Figures::text(Statistics const& statistics, Time now) {
    if (since_ && now - *since_ < kRateWindow) return text_;
    auto const& delays = statistics.delays();
    Counts const counts{statistics.pictures_in(), statistics.pictures_out(), delays.total(),
                        delays.sum_seconds()};
    text_.clear();
    auto const out = std::back_inserter(text_);
    if (since_ && counts.pictures_out != 0) {
        auto const seconds = std::chrono::duration<double>(now - *since_).count();
        auto const rate = [&](std::uint64_t count, std::uint64_t before) {
            return static_cast<double>(count - before) / seconds;
        };
        fmt::format_to(out, "fps-in={:.2f} fps-out={:.2f} ",
                       rate(counts.pictures_in, last_.pictures_in),
                       rate(counts.pictures_out, last_.pictures_out));
    }
    if (auto const gop = statistics.gop()) {
        fmt::format_to(out, "gop-s={:.3f} ", std::chrono::duration<double>(*gop).count());
    }
    if (counts.delays != last_.delays) {
        fmt::format_to(out, "delay-ms={:.3f} ",
                       (counts.delay_seconds - last_.delay_seconds) * 1000 /
                           static_cast<double>(counts.delays - last_.delays));
    }
    if (statistics.newest_out()) {
        fmt::format_to(out, "av-offset-ms={:.1f}",
                       std::chrono::duration<double, std::milli>(statistics.av_offset).count());
    }
    since_ = now;
    last_ = counts;
    return text_;
}

}  // namespace tidegate::worker
