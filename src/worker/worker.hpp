// One run of a stream-worker: input, stages, output, notifications, from start to the exit code.
// Lives on one event loop; run() is its whole life.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "net/event_loop.hpp"
#include "rtmp/core/client_url.hpp"
#include "worker/input.hpp"
#include "worker/params.hpp"
#include "worker/stage.hpp"
#include "worker/statistics.hpp"

namespace tidegate::worker {

// Design §7.
enum class ExitCode : int {
    stopped = 0,  // asked to stop, or the source has ended
    configuration = 10,
    input_unavailable = 20,
    output_refused = 30,
    transient = 40,
    internal = 50,
};

// Who the worker is to a server. From the environment, never from arguments.
struct Credentials {
    std::string user;
    std::string password;  // empty: none are known
};

struct WorkerSettings {
    std::string stream_id;
    std::string input;   // rtsp://… or rtmp://…; a user in the URL goes before input_credentials
    std::string output;  // rtmp://…; likewise
    std::string run_id;
    Params params = {};
    Credentials input_credentials = {};
    Credentials output_credentials = {};
    InputTimes input_times = {};
};

// What --input and --output accept; the error is a sentence.
std::expected<SourceUrl, std::string> parse_input(std::string_view text);
std::expected<rtmp::ClientUrl, std::string> parse_output(std::string_view text);

// How often a worker's loop looks at its deadlines: they are seconds, and each look wakes a process
// that has nothing else to do; while media comes, media wakes it. More often where the supervisor
// asks for it.
net::WatchClock watch_clock();

class Worker {
public:
    // The error is a sentence about a bad URL: exit code 10.
    static std::expected<std::unique_ptr<Worker>, std::string> create(
        net::EventLoop& loop, WorkerSettings settings,
        StageFactory const& make_stage = make_passthrough);
    ~Worker();

    boost::asio::awaitable<ExitCode> run();
    // SIGTERM: TEARDOWN, unpublish; run() ends within a second.
    void stop();

    Statistics const& statistics() const;
    StageSettings const& stage_settings() const;
    bool input_playing() const;
    bool output_accepted() const;
    // Why the run is of no full use, in words; empty: it is.
    std::string const& trouble() const;

private:
    class Impl;
    explicit Worker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::worker
