#include "router/paths/on_demand.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tidegate::router {
namespace {

using State = DemandState;
using Event = DemandEvent;
using Timer = DemandTimer;

struct Row {
    State state;
    Event event;
    DemandStep expected;
};

DemandStep to(State next, Timer timer = Timer::keep) {
    return {.next = next, .timer = timer};
}
DemandStep stopped(std::string_view reason) {
    return {.next = State::idle, .stop_reason = reason, .timer = Timer::none};
}

// Every state with every event.
std::array const kTable{
    Row{State::idle,
        Event::wanted,
        {.next = State::waiting, .start_command = true, .timer = Timer::start_timeout}},
    Row{State::idle, Event::published, to(State::idle)},
    Row{State::idle, Event::joined, to(State::idle)},
    Row{State::idle, Event::deserted, to(State::idle)},
    Row{State::idle, Event::start_timeout, to(State::idle)},
    Row{State::idle, Event::close_timeout, to(State::idle)},

    Row{State::waiting, Event::wanted, to(State::waiting)},
    Row{State::waiting, Event::published, to(State::closing, Timer::close_after)},
    Row{State::waiting, Event::joined, to(State::waiting)},
    Row{State::waiting, Event::deserted, to(State::waiting)},
    Row{State::waiting, Event::start_timeout, stopped("timed out")},
    Row{State::waiting, Event::close_timeout, to(State::waiting)},

    Row{State::ready, Event::wanted, to(State::waiting, Timer::start_timeout)},
    Row{State::ready, Event::published, to(State::closing, Timer::close_after)},
    Row{State::ready, Event::joined, to(State::ready)},
    Row{State::ready, Event::deserted, to(State::closing, Timer::close_after)},
    Row{State::ready, Event::start_timeout, to(State::ready)},
    Row{State::ready, Event::close_timeout, to(State::ready)},

    Row{State::closing, Event::wanted, to(State::waiting, Timer::start_timeout)},
    Row{State::closing, Event::published, to(State::closing, Timer::close_after)},
    Row{State::closing, Event::joined, to(State::ready, Timer::none)},
    Row{State::closing, Event::deserted, to(State::closing)},
    Row{State::closing, Event::start_timeout, to(State::closing)},
    Row{State::closing, Event::close_timeout, stopped("not needed by anyone")},
};

TEST(OnDemand, AnswersEveryEventInEveryState) {
    EXPECT_EQ(kTable.size(), 4U * 6U);
    for (auto const& row : kTable) {
        auto const got = step(row.state, row.event);
        EXPECT_EQ(got, row.expected)
            << "state " << static_cast<int>(row.state) << ", event " << static_cast<int>(row.event)
            << ": next " << static_cast<int>(got.next) << " " << got.stop_reason;
    }
}

TEST(OnDemand, RunsTheCommandFromTheFirstRequestToTheLastReader) {
    auto state = State::idle;
    int started = 0;
    std::string_view stopped_because;
    auto const tell = [&](Event event) {
        auto const done = step(state, event);
        state = done.next;
        started += done.start_command ? 1 : 0;
        if (!done.stop_reason.empty()) stopped_because = done.stop_reason;
    };
    for (auto const event : {Event::wanted, Event::wanted, Event::published, Event::joined,
                             Event::deserted, Event::joined, Event::deserted}) {
        tell(event);
    }
    EXPECT_EQ(started, 1);
    EXPECT_EQ(stopped_because, "");
    tell(Event::close_timeout);
    EXPECT_EQ(stopped_because, "not needed by anyone");
    tell(Event::wanted);
    EXPECT_EQ(started, 2);
}

}  // namespace
}  // namespace tidegate::router
