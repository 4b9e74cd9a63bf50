// How main() of a program runs its loop. The main thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace tidegate::program {

// Runs the loop until the task has ended, and returns its result. What the task throws is thrown
// here. What else waits on the loop then, such as a listener of a server that could not start, is
// left.
template <class Result>
Result run_until_done(boost::asio::io_context& io, boost::asio::awaitable<Result> task) {
    std::optional<Result> done;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure, Result result) {
        if (failure) std::rethrow_exception(failure);
        done = result;
        io.stop();
    });
    io.run();
    return done.value();
}

}  // namespace tidegate::program
