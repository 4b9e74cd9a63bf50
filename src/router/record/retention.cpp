#include "router/record/retention.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "log/log.hpp"
#include "recording/cleaner.hpp"
#include "router/paths/path_match.hpp"

namespace tidegate::router {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

// What a cleaning needs of a configuration. Immutable.
struct Rules {
    PathMatcher paths;
    std::vector<recording::PathTemplate> names;  // all that some path has
    std::chrono::nanoseconds period = kCleaningPeriod;
};

std::shared_ptr<Rules const> rules_of(config::mediamtx::Conf const& conf) {
    auto paths = PathMatcher::create(conf);
    if (!paths) return std::make_shared<Rules const>();  // impossible: build() checks expressions
    Rules rules{.paths = std::move(*paths), .names = {}};
    for (auto const& path : conf.paths) {
        auto const& settings = path->recording;
        if (settings.delete_after.count() == 0) continue;
        rules.period = std::min<std::chrono::nanoseconds>(rules.period, settings.delete_after / 2);
        if (std::ranges::find(rules.names, settings.files) == rules.names.end()) {
            rules.names.push_back(settings.files);
        }
    }
    rules.period = std::max<std::chrono::nanoseconds>(rules.period, kLeastCleaningPeriod);
    return std::make_shared<Rules const>(std::move(rules));
}

// A file belongs to a path only when that path's recordings have such names.
std::optional<std::chrono::nanoseconds> keep_time(PathMatcher const& paths,
                                                  recording::PathTemplate const& names,
                                                  std::string_view path_name) {
    auto const match = paths.find(path_name);
    if (!match) return std::nullopt;
    auto const& settings = match->conf->recording;
    if (settings.files != names || settings.delete_after.count() == 0) return std::nullopt;
    return settings.delete_after;
}

}  // namespace

class Retention::Work {
public:
    Work(std::shared_ptr<Rules const> rules, std::function<bool(fs::path const&)> in_use)
        : in_use_(std::move(in_use)), rules_(std::move(rules)) {}

    void run() {
        std::unique_lock lock(mutex_);
        while (!stops_) {
            auto const rules = rules_;
            lock.unlock();
            clean(*rules);
            auto const cleaned = Clock::now();
            lock.lock();
            // Another configuration may have another period.
            while (!stops_ && Clock::now() - cleaned < rules_->period) {
                changed_.wait_until(lock, cleaned + rules_->period);
            }
        }
        ended_ = true;
        changed_.notify_all();
    }
    void configure(std::shared_ptr<Rules const> rules) {
        std::lock_guard const lock(mutex_);
        rules_ = std::move(rules);
        changed_.notify_all();
    }
    // Whether the thread has ended in time.
    bool stop() {
        std::unique_lock lock(mutex_);
        stops_ = true;
        changed_.notify_all();
        return changed_.wait_for(lock, kCleaningGrace, [this] { return ended_; });
    }

private:
    bool stops() {
        std::lock_guard const lock(mutex_);
        return stops_;
    }
    void clean(Rules const& rules) {
        auto const now = std::chrono::time_point_cast<recording::FileTime::duration>(
            std::chrono::system_clock::now());
        for (auto const& names : rules.names) {
            recording::clean(
                {.names = names,
                 .keep = [&](std::string_view path) { return keep_time(rules.paths, names, path); },
                 .in_use = in_use_,
                 .stop = [this] { return stops(); },
                 .removing =
                     [](fs::path const& file) {
                         log::write(log::Level::debug, "record.removing",
                                    "[record cleaner]removing " + file.string());
                     }},
                now);
        }
    }

    std::function<bool(fs::path const&)> const in_use_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // All below is guarded by mutex_.
    std::shared_ptr<Rules const> rules_;
    bool stops_ = false;
    bool ended_ = false;
};

Retention::Retention(config::mediamtx::Conf const& conf,
                     std::function<bool(fs::path const&)> in_use)
    : work_(std::make_shared<Work>(rules_of(conf), std::move(in_use))),
      thread_([work = work_] { work->run(); }) {
    ::pthread_setname_np(thread_.native_handle(), "retention");
}

Retention::~Retention() {
    if (work_->stop()) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

void Retention::configure(config::mediamtx::Conf const& conf) {
    work_->configure(rules_of(conf));
}

}  // namespace tidegate::router
