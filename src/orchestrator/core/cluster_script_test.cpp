#include "orchestrator/core/cluster_script_test.hpp"

#include <array>
#include <random>
#include <string_view>
#include <utility>

#include "orchestrator/core/walk_script_test.hpp"

namespace tidegate::orchestrator::cluster {

namespace {

struct Kind {
    Do what;
    std::string_view name;
    unsigned weight;
};

constexpr std::array<Kind, kDoCount> kSteps{{
    {Do::advance, "advance", 40},
    {Do::publish, "publish", 10},
    {Do::unpublish, "unpublish", 6},
    {Do::plan, "plan", 3},
    {Do::crash_worker, "crash_worker", 5},
    {Do::hang_worker, "hang_worker", 2},
    {Do::freeze_worker, "freeze_worker", 3},
    {Do::cut_worker, "cut_worker", 3},
    {Do::freeze_node, "freeze_node", 3},
    {Do::no_room, "no_room", 2},
    {Do::evict, "evict", 2},
    {Do::force, "force", 3},
    {Do::kill_replica, "kill_replica", 2},
    {Do::stop_replica, "stop_replica", 2},
    {Do::freeze_replica, "freeze_replica", 2},
    {Do::cut_from_api, "cut_from_api", 3},
    {Do::cut_from_router, "cut_from_router", 2},
    {Do::api_down, "api_down", 2},
    {Do::api_slow, "api_slow", 2},
    {Do::api_lossy, "api_lossy", 2},
    {Do::break_watch, "break_watch", 3},
    {Do::lose_events, "lose_events", 3},
    {Do::repeat_events, "repeat_events", 3},
    {Do::mix_events, "mix_events", 3},
    {Do::keep_list, "keep_list", 3},
    {Do::old_list, "old_list", 3},
    {Do::restart_asked, "restart_asked", 1},
    {Do::stop_asked, "stop_asked", 1},
    {Do::reset_asked, "reset_asked", 1},
}};

}  // namespace

Script random_script(std::uint64_t seed, std::size_t length) {
    std::mt19937_64 random(seed);
    std::array<unsigned, kDoCount> weights{};
    for (std::size_t i = 0; i < kSteps.size(); ++i) weights[i] = kSteps[i].weight;
    auto pick = moody_choice(weights, random);
    Script script;
    script.reserve(length);
    for (std::size_t i = 0; i < length; ++i) {
        auto const bits = random();
        script.push_back({kSteps[pick(random)].what, static_cast<std::uint8_t>(bits % 6),
                          static_cast<std::uint8_t>(bits >> 8)});
    }
    return script;
}

std::string to_cpp(Script const& script) {
    std::string text = "Script{\n";
    for (auto const& op : script) {
        text += "    {Do::";
        text += kSteps[static_cast<std::size_t>(op.what)].name;
        text += ", " + std::to_string(op.stream) + ", " + std::to_string(op.a) + "},\n";
    }
    return text + "}";
}

Script shrink(Script script, std::function<bool(Script const&)> const& fails) {
    return shortest_failing(std::move(script), fails);
}

}  // namespace tidegate::orchestrator::cluster
