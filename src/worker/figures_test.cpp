#include "worker/figures.hpp"

#include <gtest/gtest.h>

namespace tidegate::worker {
namespace {

using namespace std::chrono_literals;

constexpr endpoint::ArrivalTime kBegin{10s};

media::Unit picture(int number, int per_gop) {
    media::Unit unit;
    unit.track = 0;
    unit.keyframe = number % per_gop == 0;
    unit.dts = unit.pts = std::chrono::duration_cast<base::Timestamp>(40ms) * number;
    return unit;
}

TEST(Figures, AreMeasuredBetweenTwoReports) {
    Statistics statistics;
    Figures figures;
    EXPECT_EQ(figures.text(statistics, kBegin), "");
    for (int i = 0; i < 100; ++i) {
        statistics.count_in(picture(i, 50), kBegin);
        statistics.count_out(picture(i, 50), media::Kind::video);
    }
    statistics.count_picture_in();
    statistics.flushed(kBegin + 2ms);
    statistics.av_offset = std::chrono::duration_cast<base::Timestamp>(-3ms);
    EXPECT_EQ(figures.text(statistics, kBegin + 100ms), "") << "too early";
    EXPECT_EQ(figures.text(statistics, kBegin + 4s),
              "fps-in=0.25 fps-out=25.00 gop-s=2.000 delay-ms=2.000 av-offset-ms=-3.0");
    EXPECT_EQ(figures.text(statistics, kBegin + 8s),
              "fps-in=0.00 fps-out=0.00 gop-s=2.000 av-offset-ms=-3.0");
}

TEST(Figures, SoundAloneHasNoPictures) {
    Statistics statistics;
    Figures figures;
    figures.text(statistics, kBegin);
    statistics.count_in(picture(0, 1), kBegin);
    statistics.count_out(picture(0, 1), media::Kind::audio);
    statistics.flushed(kBegin + 1ms);
    EXPECT_EQ(figures.text(statistics, kBegin + 1s), "delay-ms=1.000 av-offset-ms=0.0");
}

}  // namespace
}  // namespace tidegate::worker
