// Event-loop threads: N pairs of an io_context(1) and a thread. What lives on a loop stays on it
// for life, so nothing on it needs a lock or a strand.
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
    // Threads start here, named "<name>-<i>". REQUIRES: count > 0.
    IoThreads(std::string const& name, std::size_t count);
    // Stops and joins if that was not done.
    ~IoThreads();
    IoThreads(IoThreads const&) = delete;
    IoThreads& operator=(IoThreads const&) = delete;

    std::size_t size() const { return loops_.size(); }
    asio::io_context& at(std::size_t i) { return loops_[i]->io; }

    // Lets every loop end once it has nothing left to do, then joins. Owners close their sockets
    // and join their TaskGroups first.
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
