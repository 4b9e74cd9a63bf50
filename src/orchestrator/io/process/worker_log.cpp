#include "orchestrator/io/process/worker_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <utility>

#include "log/log.hpp"

namespace tidegate::orchestrator {

namespace {

// The line is a JSON object, so it is a log line in our own form.
bool is_log_line(std::string_view line) {
    if (!line.starts_with('{')) return false;
    boost::system::error_code error;
    auto const value = boost::json::parse(line, error);
    return !error && value.is_object();
}

bool same_file(struct stat const& one, struct stat const& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

LogPipe open_log_pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return {ends[0], ends[1]};
}

WorkerLog::WorkerLog(boost::asio::io_context& io, int read_end, std::string stream_id, OnLine also)
    : stream_id_(std::move(stream_id)),
      also_(std::move(also)),
      descriptor_(io, read_end),
      lines_({.on_line = [this](std::string_view line, bool cut) { on_line(line, cut); },
              .on_dropped =
                  [this](std::uint64_t lines, std::uint64_t bytes) {
                      log::write(log::Level::warn, "worker.output-dropped",
                                 "the worker printed more than is passed on",
                                 {{"streamId", std::string_view(stream_id_)},
                                  {"lines", static_cast<std::int64_t>(lines)},
                                  {"bytes", static_cast<std::int64_t>(bytes)}});
                  }},
             Clock::now()) {
    wait();
}

// A pipe that is opened through /proc has a new reader.
std::unique_ptr<WorkerLog> WorkerLog::reopen(boost::asio::io_context& io, pid_t pid,
                                             std::string const& stream_id, OnLine also) {
    auto const path = "/proc/" + std::to_string(pid) + "/fd/1";
    struct stat theirs{};
    struct stat ours{};
    if (::stat(path.c_str(), &theirs) != 0 || !S_ISFIFO(theirs.st_mode)) return nullptr;
    if (::fstat(STDOUT_FILENO, &ours) == 0 && same_file(theirs, ours)) return nullptr;
    int const read_end = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (read_end < 0) return nullptr;
    return std::make_unique<WorkerLog>(io, read_end, stream_id, std::move(also));
}

WorkerLog::~WorkerLog() = default;

void WorkerLog::finish() {
    std::size_t bytes = 0;
    while (bytes < kMaxLastLog && read_once(bytes) == Read::some) {
    }
    boost::system::error_code ignored;
    descriptor_.close(ignored);
    lines_.finish(Clock::now());
}

void WorkerLog::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](boost::system::error_code error) {
                               if (error) return;  // closed: we may be gone
                               std::size_t bytes = 0;
                               // At the end nobody can write any more, and the exit follows.
                               if (read_once(bytes) != Read::end) wait();
                           });
}

WorkerLog::Read WorkerLog::read_once(std::size_t& bytes) {
    std::array<char, kLogRead> buffer;
    auto const count = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
    if (count < 0) return errno == EAGAIN || errno == EINTR ? Read::none_now : Read::end;
    if (count == 0) return Read::end;
    bytes += static_cast<std::size_t>(count);
    lines_.feed({buffer.data(), static_cast<std::size_t>(count)}, Clock::now());
    return Read::some;
}

void WorkerLog::on_line(std::string_view line, bool is_cut) const {
    if (line.empty()) return;
    if (also_) also_(line);
    if (!is_cut && is_log_line(line)) return log::pass_on(line);
    log::write(log::Level::info, "worker.output", line,
               {{"streamId", std::string_view(stream_id_)}, {"cut", is_cut}});
}

}  // namespace tidegate::orchestrator
