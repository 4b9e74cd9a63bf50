// Coroutines (tasks) that belong to one owner on one event loop. They are spawned with a name,
// cancelled together, and joined. The loop's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace tidegate::net {

namespace asio = boost::asio;

class TaskGroup {
public:
    // Called when a task has ended by an exception; the others go on. name: the task's; what: the
    // exception's text.
    using OnException = std::function<void(std::string const& name, std::string const& what)>;
    TaskGroup(asio::io_context& io, OnException on_exception);
    // Asks the tasks that still run to end; on_exception is not called any more. Those tasks must
    // not use anything that dies with the group. Normally there are none: they were joined, or the
    // loop no longer runs.
    ~TaskGroup();
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    // Starts a task. After stop() the task is not started.
    void spawn(std::string name, asio::awaitable<void> task);
    // Asks every task to end: its co_await fails with operation_aborted (terminal cancellation).
    void stop();
    // Returns when the last task has ended.
    asio::awaitable<void> join();

    std::size_t size() const;
    bool stopping() const;

private:
    struct State;  // shared with the tasks' completion handlers
    std::shared_ptr<State> state_;
};

}  // namespace tidegate::net
