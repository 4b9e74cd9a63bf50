// Waits for an answer that may take a while elsewhere, such as a decision that another server
// makes. Part of one session, on its event loop; the answer itself may come from any thread.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace tidegate::net {

// How long the session pauses at a time. This is no timeout: without an answer it pauses again, and
// an answer ends the pause at once.
inline constexpr std::chrono::minutes kLongestWait{1};

// ask(later) returns the answer. Or it returns nothing, and calls later(answer) once, which may
// also happen after the session has gone. session.wait(duration) pauses the session; it returns
// early when woken, and false when the session is closing. session.wake() returns the function that
// wakes it. Returns nothing when the session closes before the answer comes.
template <class T, class Session>
boost::asio::awaitable<std::optional<T>> answer_of(
    Session& session, std::function<std::optional<T>(std::function<void(T)>)> ask) {
    struct Late {
        std::optional<T> answer;
        std::atomic<bool> arrived{false};
    };
    auto late = std::make_shared<Late>();
    auto at_once = ask([late, wake = session.wake()](T answer) {
        late->answer = std::move(answer);
        late->arrived.store(true, std::memory_order_release);
        wake();
    });
    if (at_once) co_return at_once;
    while (!late->arrived.load(std::memory_order_acquire)) {
        if (!co_await session.wait(kLongestWait)) co_return std::nullopt;
    }
    co_return std::move(late->answer);
}

}  // namespace tidegate::net
