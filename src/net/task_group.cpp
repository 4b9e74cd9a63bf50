#include "net/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <list>
#include <utility>

namespace tidegate::net {

struct TaskGroup::State {
    struct Task {
        std::string name;
        asio::cancellation_signal cancel;
    };
    using Position = std::list<Task>::iterator;

    State(asio::io_context& loop, OnException handler)
        : io(loop), on_exception(std::move(handler)), ended(loop) {}

    void finish(Position task, std::exception_ptr const& failure);
    void report(std::string const& name, std::exception_ptr const& failure) const;

    asio::io_context& io;
    OnException on_exception;
    std::list<Task> tasks;
    asio::steady_timer ended;  // a condition variable: cancelled whenever the last task has ended
    bool stopping = false;
};

void TaskGroup::State::finish(Position task, std::exception_ptr const& failure) {
    auto const name = std::move(task->name);
    tasks.erase(task);
    if (failure && on_exception) report(name, failure);
    if (tasks.empty()) ended.cancel();
}

void TaskGroup::State::report(std::string const& name, std::exception_ptr const& failure) const {
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        // A cancelled coroutine ends by this at its next co_await: that is what stop() asked for.
        if (stopping && error.code() == asio::error::operation_aborted) return;
        on_exception(name, error.what());
    } catch (std::exception const& error) {
        on_exception(name, error.what());
    } catch (...) {
        on_exception(name, "an exception of unknown type");
    }
}

TaskGroup::TaskGroup(asio::io_context& io, OnException on_exception)
    : state_(std::make_shared<State>(io, std::move(on_exception))) {}

TaskGroup::~TaskGroup() {
    state_->on_exception = nullptr;
    stop();
}

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
    if (state_->stopping) return;
    auto const position = state_->tasks.emplace(state_->tasks.end());
    position->name = std::move(name);
    asio::co_spawn(
        state_->io, std::move(task),
        asio::bind_cancellation_slot(position->cancel.slot(),
                                     [state = state_, position](std::exception_ptr const& failure) {
                                         state->finish(position, failure);
                                     }));
}

void TaskGroup::stop() {
    if (std::exchange(state_->stopping, true)) return;
    for (auto next = state_->tasks.begin(); next != state_->tasks.end();) {
        auto const task = next++;  // the signal may end the task at once, which removes it
        task->cancel.emit(asio::cancellation_type::terminal);
    }
}

asio::awaitable<void> TaskGroup::join() {
    auto const state = state_;
    while (!state->tasks.empty()) {
        state->ended.expires_at(asio::steady_timer::time_point::max());
        co_await state->ended.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

std::size_t TaskGroup::size() const {
    return state_->tasks.size();
}
bool TaskGroup::stopping() const {
    return state_->stopping;
}

}  // namespace tidegate::net
