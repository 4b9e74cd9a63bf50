#include "orchestrator/io/process/log_lines.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::orchestrator {

void LogLines::feed(std::string_view bytes, Time now) {
    while (!bytes.empty()) {
        auto const end = bytes.find('\n');
        add(bytes.substr(0, end));
        if (end == std::string_view::npos) return;
        end_line(now);
        bytes.remove_prefix(end + 1);
    }
}

void LogLines::finish(Time now) {
    if (!line_.empty()) end_line(now);
    report_dropped();
}

void LogLines::add(std::string_view part) {
    auto const kept = part.substr(0, kMaxLogLine - line_.size());
    line_ += kept;
    cut_bytes_ += part.size() - kept.size();
}

void LogLines::end_line(Time now) {
    refill(now);
    auto const is_cut = std::exchange(cut_bytes_, 0) != 0;
    auto const cost = line_.size() + kLogLineCost;
    muted_ = budget_ < (muted_ ? kLogResumeBytes : cost);
    if (!muted_) {
        budget_ -= cost;
        report_dropped();
        sink_.on_line(line_, is_cut);
    } else {
        ++dropped_lines_;
        dropped_bytes_ += line_.size() + 1;
    }
    line_.clear();
}

void LogLines::refill(Time now) {
    auto const earned = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_at_);
    if (earned.count() <= 0) return;
    filled_at_ = now;
    auto const bytes = static_cast<std::uint64_t>(earned.count()) * kLogBytesPerSecond / 1000;
    budget_ = static_cast<std::size_t>(std::min<std::uint64_t>(kLogBurstBytes, budget_ + bytes));
}

void LogLines::report_dropped() {
    if (dropped_lines_ == 0) return;
    sink_.on_dropped(std::exchange(dropped_lines_, 0), std::exchange(dropped_bytes_, 0));
}

}  // namespace tidegate::orchestrator
