#include "base/control_group.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

namespace tidegate::base {

namespace {

// The first line of a file of our control group; empty: there is none.
std::string first_line_of(std::string_view name) {
    std::ifstream groups("/proc/self/cgroup");
    std::string line;
    while (std::getline(groups, line)) {
        if (!line.starts_with("0::")) continue;
        std::ifstream file("/sys/fs/cgroup" + line.substr(3) + "/" + std::string(name));
        std::getline(file, line);
        return file ? line : std::string();
    }
    return {};
}

// The number at the beginning of the text, which is taken off; nullopt: there is none.
std::optional<std::size_t> take_number(std::string_view& text) {
    std::size_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

unsigned processors_of_affinity() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

std::optional<unsigned> detail::processors_of(std::string_view cpu_max) {
    auto const quota = take_number(cpu_max);
    if (!quota || !cpu_max.starts_with(' ')) return std::nullopt;
    cpu_max.remove_prefix(1);
    auto const period = take_number(cpu_max);
    if (!period || *period == 0) return std::nullopt;
    auto const whole = *quota / *period + (*quota % *period != 0 ? 1 : 0);
    return static_cast<unsigned>(
        std::clamp<std::size_t>(whole, 1, std::numeric_limits<unsigned>::max()));
}

std::optional<std::size_t> control_group_memory() {
    auto const line = first_line_of("memory.max");
    std::string_view text(line);
    return take_number(text);
}

unsigned usable_processors() {
    auto const affinity = std::max(1U, processors_of_affinity());
    return std::min(affinity, detail::processors_of(first_line_of("cpu.max")).value_or(affinity));
}

}  // namespace tidegate::base
