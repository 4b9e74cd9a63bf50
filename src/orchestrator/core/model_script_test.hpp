// Scripts for the model test: what happens in the simulated world, step by step. A script is plain
// data. Every step can be done in every situation (it may do nothing there), so each part of a
// script is a script as well.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::orchestrator::model {

inline constexpr unsigned kStreams = 3;

enum class Do {
    advance,  // a: which duration (kDurations)
    publish,  // a: with which query (kQueries); takes the place of a present publisher
    unpublish,
    hook,             // a: which of the waiting hooks is delivered
    lose_hook,        // a: which
    repeat_hook,      // a: which is delivered, and will be delivered once more
    forge_not_ready,  // a: of which earlier source of the stream; 0 is the one before the last
    list,             // the service reads the whole list
    list_page,        // the service reads the next page; the world may change between two pages
    look,             // the service looks at the stream's input, as after a hook
    list_fails,
    remember_list,  // keep the list as it is now ...
    late_list,      // ... and deliver it later, as if it were new
    plan,           // a: what later workers of this stream will do (Plan); b: when (kDelays)
    kill_worker,    // a: how it ends (kExits)
    hang_worker,    // a: 0; 1: it also ignores being stopped; 2: even being killed, for a while
    deaf_worker,    // it ignores being stopped, and works on
    restart_asked,
    stop_asked,
    reset_asked,
    service_restart,  // a: how long it is down (kDurations)
};
inline constexpr unsigned kDoCount = static_cast<unsigned>(Do::service_restart) + 1;

struct Op {
    Do what;
    std::uint8_t stream = 0;
    std::uint8_t a = 0;
    std::uint8_t b = 0;
};
using Script = std::vector<Op>;

Script random_script(std::uint64_t seed, std::size_t length);
// The script as C++ code, to be made a test of its own.
std::string to_cpp(Script const& script);

// The shortest part of a failing script that still fails.
Script shrink(Script script, std::function<bool(Script const&)> const& fails);

}  // namespace tidegate::orchestrator::model
