#include "archive/io/archiver.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "archive/io/bucket.hpp"
#include "base/random.hpp"
#include "log/log.hpp"

namespace tidegate::archive {

namespace {

using Clock = std::chrono::steady_clock;

// Of segments whose entry cannot be read. They have no stream, so they get one of their own.
constexpr auto kUnreadable = "";

}  // namespace

Archiver::Archiver(Spool spool, ArchiverSettings settings)
    : spool_(std::move(spool)),
      settings_(std::move(settings)),
      credentials_(settings_.credentials),
      leftovers_(spool_, settings_.leftovers) {}

Archiver::~Archiver() {
    stop();
}

void Archiver::start() {
    scan();
    for (std::size_t i = 0; i < settings_.uploads; ++i) threads_.emplace_back([this] { run(); });
    if (looks_for_leftovers()) threads_.emplace_back([this] { look_for_leftovers(); });
}

bool Archiver::drain() {
    std::lock_guard const lock(mutex_);
    draining_ = true;
    wake_.notify_all();
    return queue_.under_way() == 0;
}

void Archiver::stop() {
    cancelled_ = true;
    drain();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void Archiver::scan() {
    std::lock_guard const one_at_a_time(scan_mutex_);
    auto const before = given_up();
    auto const listed = spool_.list();
    std::vector<std::pair<Spool::Id, std::string>> found;
    std::vector<Entry> told;
    for (auto const id : listed ? listed->ids : std::vector<Spool::Id>{}) {
        {
            std::lock_guard const lock(mutex_);
            if (queue_.knows(id)) continue;
        }
        auto const text = spool_.text_of(id);
        auto const entry = text ? parse_entry(*text) : std::unexpected(text.error());
        // One that was uploaded since it was listed cannot be read, and is not listed next time.
        if (text) found.emplace_back(id, entry ? entry->path : kUnreadable);
        if (entry && looks_for_leftovers()) told.push_back(*entry);
    }
    std::lock_guard const lock(mutex_);
    std::ranges::move(told, std::back_inserter(told_));
    figures_.spool_readable = listed.has_value();
    // bury() has counted what was given up meanwhile. The list may contain it, or not.
    bool const is_still = before && giving_up_ == 0 && *before == given_up_;
    if (listed && is_still) figures_.dead = listed->dead;
    for (auto const& [id, stream] : found) queue_.add(id, stream);
    if (!found.empty()) wake_.notify_all();
}

ArchiverFigures Archiver::figures() const {
    std::lock_guard const lock(mutex_);
    auto figures = figures_;
    figures.sent_bytes = sent_;
    figures.waiting = queue_.size();
    figures.under_way = queue_.under_way();
    figures.waiting_streams = queue_.waiting_streams();
    if (auto const oldest = queue_.oldest()) {
        auto const now = std::chrono::system_clock::now().time_since_epoch();
        figures.oldest = std::max<std::chrono::nanoseconds>(
            now - std::chrono::nanoseconds{Spool::spooled_at(*oldest)}, {});
    }
    return figures;
}

void Archiver::run() {
    Bucket bucket(settings_.endpoint, credentials_,
                  {.https_only = settings_.endpoint.is_https(),
                   .ca_file = settings_.ca_file,
                   .cancelled = &cancelled_,
                   .sent = &sent_,
                   .slow_for = settings_.slow_for});
    Uploader uploader(spool_, bucket, settings_.policy);
    while (auto const job = wait_for_job()) work(uploader, *job);
}

// As often as a segment needs to become old enough.
void Archiver::look_for_leftovers() {
    std::unique_lock lock(mutex_);
    while (!draining_) {
        lock.unlock();
        scan();  // what is in the spool is none
        lock.lock();
        auto const told = std::exchange(told_, {});
        lock.unlock();
        for (auto const& entry : told) leftovers_.told(entry);
        auto const found = leftovers_.look();
        lock.lock();
        figures_.found += found;
        wake_.wait_for(lock, settings_.leftovers.age, [this] { return draining_; });
    }
}

std::optional<UploadQueue::Job> Archiver::wait_for_job() {
    std::unique_lock lock(mutex_);
    while (!draining_) {
        if (auto job = queue_.take(Clock::now())) return job;
        if (auto const next = queue_.next()) {
            wake_.wait_until(lock, *next);
        } else {
            wake_.wait(lock);
        }
    }
    return std::nullopt;
}

void Archiver::work(Uploader& uploader, UploadQueue::Job const& job) {
    auto const begun = Clock::now();
    auto const outcome = upload(uploader, job);
    if (outcome) {
        succeeded(uploader, job, *outcome, Clock::now() - begun);
    } else if (is_final(outcome.error().failure)) {
        give_up(uploader, job, outcome.error());
    } else {
        retry(job, outcome.error());
    }
}

std::expected<Uploaded, Trouble> Archiver::upload(Uploader& uploader, UploadQueue::Job const& job) {
    auto const text = spool_.text_of(job.id);
    if (!text) return std::unexpected(Trouble{Failure::disk, text.error()});
    auto const entry = parse_entry(*text);
    if (!entry) {
        return std::unexpected(
            Trouble{Failure::name, "an entry of the spool is damaged: " + entry.error()});
    }
    return uploader.upload(job.id, *entry);
}

void Archiver::succeeded(Uploader& uploader, UploadQueue::Job const& job, Uploaded const& uploaded,
                         Clock::duration took) {
    auto const number = [](auto value) { return static_cast<std::int64_t>(value); };
    if (uploaded.known) {
        log::write(log::Level::info, "segment.known", uploaded.key + " is in the bucket already",
                   {{"path", job.stream}, {"key", uploaded.key}});
        std::lock_guard const lock(mutex_);
        queue_.finished(job);
        wake_.notify_all();
        return;
    }
    log::write(
        log::Level::info, "segment.uploaded", "uploaded " + uploaded.key,
        {{"path", job.stream},
         {"key", uploaded.key},
         {"bytes", number(uploaded.bytes)},
         {"parts", number(uploaded.parts)},
         {"resumedParts", number(uploaded.resumed)},
         {"durationMs", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
    bool const passed = job.passes && give_up_passed(uploader, job);
    std::lock_guard const lock(mutex_);
    ++figures_.segments;
    figures_.segment_bytes += uploaded.bytes;
    queue_.finished(job, passed);
    wake_.notify_all();
}

// The one that the server refuses, although it takes others. Its reason stands in the lines of its
// tries.
bool Archiver::give_up_passed(Uploader& uploader, UploadQueue::Job const& job) {
    auto const text = spool_.text_of(*job.passes);
    auto const entry = parse_entry(text ? *text : "");
    if (auto const buried = bury(uploader, *job.passes, Failure::object); !buried) {
        log::write(log::Level::warn, "segment.kept", buried.error(), {{"path", job.stream}});
        return false;
    }
    log::write(log::Level::error, "segment.given-up",
               "a segment is not uploaded, its entry is now in " + spool_.folder() +
                   "/dead: the server has refused " + (entry ? entry->file : "it") +
                   " again and again, and has taken the next one",
               {{"path", job.stream}, {"reason", to_string(Failure::object)}});
    return true;
}

void Archiver::retry(UploadQueue::Job const& job, Trouble const& trouble) {
    std::unique_lock lock(mutex_);
    auto const delay =
        queue_.failed(job, Clock::now(), base::random_bits(), is_refusal(trouble.failure));
    if (trouble.failure != Failure::stopped) {
        ++figures_.failures[static_cast<std::size_t>(trouble.failure)];
    }
    wake_.notify_all();
    lock.unlock();
    if (trouble.failure == Failure::stopped) {
        log::write(log::Level::info, "segment.interrupted", "the upload goes on at the next start",
                   {{"path", job.stream}});
        return;
    }
    log::write(log::Level::warn, "segment.retry",
               "a segment was not uploaded and is tried again: " + trouble.detail,
               {{"path", job.stream},
                {"reason", to_string(trouble.failure)},
                {"retryMs", std::int64_t{delay.count()}}});
}

void Archiver::give_up(Uploader& uploader, UploadQueue::Job const& job, Trouble const& trouble) {
    auto const buried = bury(uploader, job.id, trouble.failure);
    if (!buried) {
        // The spool's disk: the segment stays where it is.
        retry(job, {Failure::disk, buried.error()});
        return;
    }
    log::write(log::Level::error, "segment.given-up",
               "a segment is not uploaded, its entry is now in " + spool_.folder() +
                   "/dead: " + trouble.detail,
               {{"path", job.stream}, {"reason", to_string(trouble.failure)}});
    std::lock_guard const lock(mutex_);
    queue_.finished(job);
    wake_.notify_all();
}

// The next scan counts what is in dead/ anew. A spool that is large takes too long to be listed
// after each segment.
std::expected<void, std::string> Archiver::bury(Uploader& uploader, Spool::Id id, Failure why) {
    {
        std::lock_guard const lock(mutex_);
        ++giving_up_;
    }
    auto const buried = uploader.give_up(id);
    std::lock_guard const lock(mutex_);
    --giving_up_;
    if (!buried) return buried;
    ++given_up_;
    ++figures_.failures[static_cast<std::size_t>(why)];
    ++figures_.dead;
    return buried;
}

std::optional<std::uint64_t> Archiver::given_up() const {
    std::lock_guard const lock(mutex_);
    return giving_up_ == 0 ? std::optional(given_up_) : std::nullopt;
}

}  // namespace tidegate::archive
