// Reads what a worker prints from the pipe that is its stdout and stderr, and passes it on to our
// log. Reading never stops while we live, so a worker never waits for us; when we die, its writes
// fail and it goes on; its adopter opens the same pipe again. One event loop.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "orchestrator/io/process/output_lines.hpp"

namespace tidegate::orchestrator {

// One read's bytes: the usual size of a pipe. Other work of the loop comes between two reads.
inline constexpr std::size_t kOutputRead = 64 * 1024;

// What is still read of a worker that has ended. A descendant that holds the pipe cannot prolong
// it.
inline constexpr std::size_t kMaxLastOutput = 4 * kOutputRead;

class WorkerOutput {
public:
    // read_end: of the pipe, non-blocking; ours from now on.
    WorkerOutput(boost::asio::io_context& io, int read_end, std::string stream_id);
    // Of a worker that was found running; null when its stdout is no pipe of its own.
    static std::unique_ptr<WorkerOutput> reopen(boost::asio::io_context& io, pid_t pid,
                                                std::string const& stream_id);
    ~WorkerOutput();
    WorkerOutput(WorkerOutput const&) = delete;
    WorkerOutput& operator=(WorkerOutput const&) = delete;

    // The worker has been reaped: its last words.
    void finish();

private:
    enum class Read { some, none_now, end };
    void wait();
    Read read_once(std::size_t& bytes);
    void on_line(std::string_view line, bool is_cut) const;

    std::string const stream_id_;
    boost::asio::posix::stream_descriptor descriptor_;
    OutputLines lines_;
};

// Both ends close on exec; the read end does not block. read == -1: there was no descriptor left.
struct OutputPipe {
    int read = -1;
    int write = -1;
};
OutputPipe open_output_pipe();

}  // namespace tidegate::orchestrator
