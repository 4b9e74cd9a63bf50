// Works a spool off: threads that upload, and a look at the spool again and again. start() and
// stop() on the owner's thread; everything else on any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "archive/core/endpoint.hpp"
#include "archive/core/outcome.hpp"
#include "archive/core/upload_queue.hpp"
#include "archive/io/credentials.hpp"
#include "archive/io/leftovers.hpp"
#include "archive/io/uploader.hpp"
#include "archive/spool/spool.hpp"

namespace tidegate::archive {

struct ArchiverSettings {
    Endpoint endpoint;
    CredentialSettings credentials;
    UploadPolicy policy;
    std::string ca_file;
    LeftoverSettings leftovers;
    std::size_t uploads = 4;  // at the same time
    std::chrono::seconds slow_for = kSlowFor;
};

struct ArchiverFigures {
    std::uint64_t segments = 0;  // uploaded
    std::uint64_t found = 0;     // that no hook has told of
    std::uint64_t segment_bytes = 0;
    std::uint64_t sent_bytes = 0;  // with those of tries that failed
    std::array<std::uint64_t, kFailures> failures{};
    std::size_t waiting = 0;  // segments in the spool
    std::size_t under_way = 0;
    std::size_t waiting_streams = 0;
    std::size_t dead = 0;
    std::chrono::nanoseconds oldest{};  // how long the oldest has waited; 0: none waits
    bool spool_readable = true;
};

class Archiver {
public:
    Archiver(Spool spool, ArchiverSettings settings);
    // Ends what is under way at once, unless stop() was called.
    ~Archiver();
    Archiver(Archiver const&) = delete;
    Archiver& operator=(Archiver const&) = delete;

    void start();
    // Begins no more uploads. True: none is under way any more.
    bool drain();
    // Ends what is under way, and the threads. What was not uploaded stays in the spool.
    void stop();

    // Looks for segments that hooks have added. To be called again and again.
    void scan();
    ArchiverFigures figures() const;

private:
    void run();
    bool looks_for_leftovers() const { return !settings_.leftovers.files.empty(); }
    void look_for_leftovers();
    // nullopt: the archiver ends.
    std::optional<UploadQueue::Job> wait_for_job();
    void work(Uploader& uploader, UploadQueue::Job const& job);
    std::expected<Uploaded, Trouble> upload(Uploader& uploader, UploadQueue::Job const& job);
    void succeeded(Uploader& uploader, UploadQueue::Job const& job, Uploaded const& uploaded,
                   std::chrono::steady_clock::duration took);
    bool give_up_passed(Uploader& uploader, UploadQueue::Job const& job);
    void retry(UploadQueue::Job const& job, Trouble const& trouble);
    void give_up(Uploader& uploader, UploadQueue::Job const& job, Trouble const& trouble);
    // Moves a segment to dead/, and counts it. The error is a sentence.
    std::expected<void, std::string> bury(Uploader& uploader, Spool::Id id, Failure why);
    // How many were moved since the start; nullopt: one is being moved.
    std::optional<std::uint64_t> given_up() const;

    Spool const spool_;
    ArchiverSettings const settings_;
    CredentialSource credentials_;
    std::atomic<bool> cancelled_ = false;
    std::atomic<std::uint64_t> sent_ = 0;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    UploadQueue queue_;
    ArchiverFigures figures_;
    std::size_t giving_up_ = 0;   // segments that are being moved to dead/
    std::uint64_t given_up_ = 0;  // segments that were moved there since the start
    bool draining_ = false;
    std::vector<Entry> told_;  // for leftovers_

    Leftovers leftovers_;  // of the thread that looks for them
    std::mutex scan_mutex_;
    std::vector<std::thread> threads_;
};

}  // namespace tidegate::archive
