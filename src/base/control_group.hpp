// The limits that this process has from its control group (cgroup v2) and from its CPU affinity: a
// container's. Any thread; it reads files.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tidegate::base {

// The memory limit in bytes; nullopt: there is none, or it cannot be read.
std::optional<std::size_t> control_group_memory();

// How many processors this thread may keep busy: those of its affinity (sched_getaffinity(2)), and
// no more than its control group's CPU time is worth, rounded up. At least 1.
unsigned usable_processors();

namespace detail {
// Of the content of cpu.max, "<quota> <period>" in microseconds: the processors that this is worth,
// rounded up. nullopt: no limit ("max"), or not such a text.
std::optional<unsigned> processors_of(std::string_view cpu_max);
}  // namespace detail

}  // namespace tidegate::base
