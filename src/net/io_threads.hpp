// Threads that run event loops, one io_context each. What lives on a loop stays on it for life, so
// it needs no lock and no strand. The owner's thread only.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tidegate::net {

namespace asio = boost::asio;

class IoThreads {
public:
    // Starts the threads, with the names "<name>-<i>". REQUIRES: count > 0.
    IoThreads(std::string const& name, std::size_t count);
    // Stops the loops, whatever they still have to do, and joins, unless join() was called.
    ~IoThreads();
    IoThreads(IoThreads const&) = delete;
    IoThreads& operator=(IoThreads const&) = delete;

    std::size_t size() const { return loops_.size(); }
    asio::io_context& at(std::size_t i) { return loops_[i]->io; }

    // Returns when every loop has nothing left to do and its thread has ended. The owners must have
    // closed their sockets and joined their TaskGroups, or this never returns.
    void join();

private:
    struct Loop {
        asio::io_context io{1};
        asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
        std::thread thread;
    };
    std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace tidegate::net
