#include "orchestrator/core/worker_figures.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

TEST(WorkerFigures, AreReadByName) {
    auto const figures =
        parse_figures("fps-in=30 fps-out=29.97 gop-s=2 delay-ms=0.4 av-offset-ms=-3.5");
    EXPECT_EQ(figures, (WorkerFigures{30, 29.97, 2, 0.4, -3.5}));
}

TEST(WorkerFigures, WhatIsNoNumberIsNotKnown) {
    for (auto const* text : {"fps-in=", "fps-in=x", "fps-in=3x", "fps-in=nan", "fps-in=inf",
                             "fps-in=1e300", "fps-in", "=3", "fps-in =3", "", " ", "other=7"}) {
        EXPECT_EQ(parse_figures(text), WorkerFigures{}) << text;
    }
}

TEST(WorkerFigures, UnknownWordsAreIgnored) {
    EXPECT_EQ(parse_figures("later=1  gop-s=2 =").gop_seconds, 2);
}

}  // namespace
}  // namespace tidegate::orchestrator
