// Scripts for the model test of a cluster: what happens in the simulated world, step by step. As
// with model_script_test.hpp, a script is plain data, every step can be done in every situation,
// and each part of a script is a script as well.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tidegate::orchestrator::cluster {

inline constexpr unsigned kStreams = 3, kReplicas = 2, kNodes = 2;

// a: for how long, or how much, if it says nothing else. `stream` also chooses a replica or a node.
enum class Do {
    advance,
    publish,  // takes the place of a present publisher
    unpublish,
    plan,  // a: what later workers of this stream do (Plan)
    // Workers.
    crash_worker,
    hang_worker,    // its media stops, and it does not react to being asked to end
    freeze_worker,  // it gets no CPU time for a while
    cut_worker,     // it cannot reach the API server for a while
    // Nodes.
    freeze_node,  // its kubelet does nothing for a while; workers go on
    no_room,      // no Pod finds a node for a while
    evict,        // somebody deletes the Pod of the stream, with a grace
    force,        // somebody deletes it by force, perhaps with its node cut off (a): the API server
                  // forgets it at once
    // Replicas of media-service.
    kill_replica,
    stop_replica,    // with a rolling update: it hands over
    freeze_replica,  // it gets no CPU time for a while
    cut_from_api,
    cut_from_router,
    // The API server, for all.
    api_down,
    api_slow,   // requests take seconds, and are carried out long after their sender gave up
    api_lossy,  // some requests are carried out, and their answers are lost
    // What a leader sees of Pods.
    break_watch,    // it has to list again
    lose_events,    // it misses some, and has to list again only later
    repeat_events,  // it gets some once more
    mix_events,     // the next ones come in another order
    keep_list,      // remember how the list is now ...
    old_list,       // ... and get that, as from a server that lags behind, and watch from there
    // Operators, through whichever replica leads.
    restart_asked,
    stop_asked,
    reset_asked,
};
inline constexpr unsigned kDoCount = static_cast<unsigned>(Do::reset_asked) + 1;

struct Op {
    Do what;
    std::uint8_t stream = 0;
    std::uint8_t a = 0;
};
using Script = std::vector<Op>;

Script random_script(std::uint64_t seed, std::size_t length);
// The script as C++ code, to be made a test of its own.
std::string to_cpp(Script const& script);
// The shortest part of a failing script that still fails.
Script shrink(Script script, std::function<bool(Script const&)> const& fails);

}  // namespace tidegate::orchestrator::cluster
