// Cuts the endless answer of a watch into its lines, each of which is one event as JSON. Pure. One
// for each watch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::kubernetes {

// etcd takes objects of up to 1.5 MB; their JSON is longer by less than this.
inline constexpr std::size_t kMaxWatchLine = std::size_t{4} * 1024 * 1024;

class WatchLines {
public:
    enum class Fed {
        more,      // all bytes were taken
        stopped,   // on_line returned false: nothing more is wanted
        too_long,  // a line has more than kMaxWatchLine bytes
    };

    // Takes bytes as they come and calls on_line(std::string_view) -> bool for each line that they
    // complete, without its line feed. Empty lines are left out.
    template <class OnLine>
    Fed feed(std::string_view bytes, OnLine&& on_line) {
        while (!bytes.empty()) {
            auto const end = bytes.find('\n');
            auto const part = bytes.substr(0, end);
            if (rest_.size() + part.size() > kMaxWatchLine) return Fed::too_long;
            if (end == std::string_view::npos) {
                rest_ += part;
                return Fed::more;
            }
            bytes.remove_prefix(end + 1);
            if (!end_line(part, on_line)) return Fed::stopped;
        }
        return Fed::more;
    }
    // The answer has ended in the middle of a line.
    bool is_broken() const { return !rest_.empty(); }

private:
    template <class OnLine>
    bool end_line(std::string_view part, OnLine& on_line) {
        if (rest_.empty()) return part.empty() || on_line(part);
        rest_ += part;
        bool const more = on_line(std::string_view(rest_));
        rest_.clear();
        return more;
    }

    std::string rest_;  // the beginning of an unfinished line
};

}  // namespace tidegate::kubernetes
