// Coroutines that belong to one owner on one event loop: spawned by name, cancelled together,
// joined. Not thread-safe: every call comes from the loop's thread.
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
    // on_exception(name, what): a task ended by an exception; the others go on.
    using OnException = std::function<void(std::string const& name, std::string const& what)>;
    TaskGroup(asio::io_context& io, OnException on_exception);
    // Tasks still running are asked to end, and nobody is told of their exceptions any more; they
    // must not refer to what dies with the group. Normally it is empty (joined), or the loop no
    // longer runs.
    ~TaskGroup();
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    // After stop() the task is dropped unstarted.
    void spawn(std::string name, asio::awaitable<void> task);
    // Asks every task to end (terminal cancellation).
    void stop();
    // Ends when the last task has ended.
    asio::awaitable<void> join();

    std::size_t size() const;
    bool stopping() const;

private:
    struct State;  // shared with the tasks' completion handlers
    std::shared_ptr<State> state_;
};

}  // namespace tidegate::net
