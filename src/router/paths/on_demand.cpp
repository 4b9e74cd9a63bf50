#include "router/paths/on_demand.hpp"

namespace tidegate::router {

namespace {

DemandStep stay(DemandState state) {
    return {.next = state};
}

// Somebody may come back: the command goes on for a while.
DemandStep close_later() {
    return {.next = DemandState::closing, .timer = DemandTimer::close_after};
}

DemandStep stop(std::string_view reason) {
    return {.next = DemandState::idle, .stop_reason = reason, .timer = DemandTimer::none};
}

DemandStep while_idle(DemandEvent event) {
    if (event != DemandEvent::wanted) return stay(DemandState::idle);
    return {
        .next = DemandState::waiting, .start_command = true, .timer = DemandTimer::start_timeout};
}

DemandStep while_waiting(DemandEvent event) {
    if (event == DemandEvent::published) return close_later();
    if (event == DemandEvent::start_timeout) return stop("timed out");
    return stay(DemandState::waiting);
}

// The publisher has gone, and the command, which still runs or is about to run again, may bring it
// back: requests wait for it as for the first time.
DemandStep wait_again() {
    return {.next = DemandState::waiting, .timer = DemandTimer::start_timeout};
}

DemandStep while_ready(DemandEvent event) {
    if (event == DemandEvent::wanted) return wait_again();
    if (event == DemandEvent::published || event == DemandEvent::deserted) return close_later();
    return stay(DemandState::ready);
}

DemandStep while_closing(DemandEvent event) {
    if (event == DemandEvent::wanted) return wait_again();
    if (event == DemandEvent::published) return close_later();
    if (event == DemandEvent::joined) {
        return {.next = DemandState::ready, .timer = DemandTimer::none};
    }
    if (event == DemandEvent::close_timeout) return stop("not needed by anyone");
    return stay(DemandState::closing);
}

}  // namespace

DemandStep step(DemandState state, DemandEvent event) {
    switch (state) {
        case DemandState::idle:
            return while_idle(event);
        case DemandState::waiting:
            return while_waiting(event);
        case DemandState::ready:
            return while_ready(event);
        case DemandState::closing:
            return while_closing(event);
    }
    return stay(state);
}

}  // namespace tidegate::router
