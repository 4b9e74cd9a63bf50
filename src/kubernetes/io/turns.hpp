// Lets so many coroutines through at a time; the others wait in the order in which they came. One
// event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <utility>

namespace tidegate::kubernetes {

namespace asio = boost::asio;

class Turns {
    struct Waiter {
        asio::steady_timer bell;
        bool called = false;
    };
    struct Hall {
        std::size_t free;
        std::list<Waiter*> waiting;
    };

public:
    explicit Turns(std::size_t count) : hall_(std::make_shared<Hall>(count)) {}

    // Gives the turn back at its end. It may outlive Turns.
    class Turn {
    public:
        explicit Turn(std::shared_ptr<Hall> hall) : hall_(std::move(hall)) {}
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (hall_ == nullptr) return;
            if (hall_->waiting.empty()) {
                ++hall_->free;
                return;
            }
            // Its turn passes on at once: who comes later must not be faster.
            auto& next = *hall_->waiting.front();
            hall_->waiting.pop_front();
            next.called = true;
            next.bell.cancel();
        }

    private:
        std::shared_ptr<Hall> hall_;
    };

    // A coroutine that is cancelled while it waits leaves by operation_aborted.
    asio::awaitable<Turn> take() {
        auto const hall = hall_;
        if (hall->free > 0) {
            --hall->free;
            co_return Turn(hall);
        }
        Waiter self{asio::steady_timer(co_await asio::this_coro::executor,
                                       asio::steady_timer::time_point::max())};
        struct Leaving {
            ~Leaving() {
                if (!self.called) hall.waiting.erase(place);
            }
            Hall& hall;
            Waiter& self;
            std::list<Waiter*>::iterator place;
        } const leaving{*hall, self, hall->waiting.insert(hall->waiting.end(), &self)};
        boost::system::error_code rung;
        co_await self.bell.async_wait(asio::redirect_error(asio::use_awaitable, rung));
        if (!self.called) throw boost::system::system_error(asio::error::operation_aborted);
        co_return Turn(hall);
    }

private:
    std::shared_ptr<Hall> hall_;
};

}  // namespace tidegate::kubernetes
