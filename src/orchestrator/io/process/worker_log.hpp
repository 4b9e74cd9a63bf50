// Reads what a worker prints, from the pipe that is its stdout and stderr, and writes it to our
// log. It reads as long as we live, so that a worker never waits for us. When we die, the worker's
// writes fail and the worker goes on; the service that adopts it opens the same pipe again. One
// event loop.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/io/process/log_lines.hpp"

namespace tidegate::orchestrator {

// Bytes of one read: what a pipe usually holds. The loop does other work between two reads.
inline constexpr std::size_t kLogRead = 64 * 1024;

// How many bytes are still read after the worker has ended. Without a limit, a process that the
// worker left behind could write for ever.
inline constexpr std::size_t kMaxLastLog = 4 * kLogRead;

class WorkerLog {
public:
    // Is given each line that is passed on.
    using OnLine = std::function<void(std::string_view line)>;

    // Takes over read_end, the pipe's non-blocking end, and closes it in the end.
    WorkerLog(boost::asio::io_context& io, int read_end, std::string stream_id, OnLine also = {});
    // Opens the pipe of a worker that was found running. Null: its stdout is no pipe of its own.
    static std::unique_ptr<WorkerLog> reopen(boost::asio::io_context& io, pid_t pid,
                                             std::string const& stream_id, OnLine also = {});
    ~WorkerLog();
    WorkerLog(WorkerLog const&) = delete;
    WorkerLog& operator=(WorkerLog const&) = delete;

    // The worker has ended: reads what is left in the pipe and closes it.
    void finish();

private:
    enum class Read { some, none_now, end };  // end: nobody can write to the pipe any more
    void wait();
    Read read_once(std::size_t& bytes);
    void on_line(std::string_view line, bool is_cut) const;

    std::string const stream_id_;
    OnLine const also_;
    boost::asio::posix::stream_descriptor descriptor_;
    LogLines lines_;
};

// A pipe for a new worker. Both ends close on exec; the read end does not block. read is -1 and
// errno says why if there is none.
struct LogPipe {
    int read = -1;
    int write = -1;
};
LogPipe open_log_pipe();

}  // namespace tidegate::orchestrator
