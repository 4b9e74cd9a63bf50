// Scripts of the model test: what the simulated world does, step by step. A script is plain data,
// every step is applicable in every situation (or does nothing), so any part of a script is a
// script too.
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
    publish,  // a: which query (kQueries); replaces a present publisher
    unpublish,
    hook,             // a: which of the waiting hooks is delivered
    lose_hook,        // a: which
    repeat_hook,      // a: which is delivered and stays
    forge_not_ready,  // a: an old source of the stream, by age; 0 is the one before the last
    list,             // a whole look
    list_page,        // the next page of a look that the world may change meanwhile
    list_fails,
    remember_list,  // take a picture of the router ...
    late_list,      // ... and deliver it as an answer
    plan,           // a: what workers of this stream will do (Plan); b: when (kDelays)
    kill_worker,    // a: how it ends (kExits)
    hang_worker,    // a: 1 it ignores SIGTERM too, 2 even SIGKILL for a while
    deaf_worker,    // ignores SIGTERM, works on
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
// As a C++ initialiser, to be pasted as a named test.
std::string to_cpp(Script const& script);

// Delta debugging: a script from which no step can be left out without the failure going away.
Script shrink(Script script, std::function<bool(Script const&)> const& fails);

}  // namespace tidegate::orchestrator::model
