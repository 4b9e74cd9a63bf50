#include "orchestrator/core/model_script_test.hpp"

#include <array>
#include <utility>

#include "orchestrator/core/walk_script_test.hpp"

namespace tidegate::orchestrator::model {

namespace {

struct Kind {
    Do what;
    std::string_view name;
    unsigned weight;
};

constexpr std::array<Kind, kDoCount> kKinds{{
    {Do::advance, "advance", 24},
    {Do::publish, "publish", 8},
    {Do::unpublish, "unpublish", 5},
    {Do::hook, "hook", 10},
    {Do::lose_hook, "lose_hook", 3},
    {Do::repeat_hook, "repeat_hook", 3},
    {Do::forge_not_ready, "forge_not_ready", 3},
    {Do::list, "list", 18},
    {Do::list_page, "list_page", 6},
    {Do::look, "look", 8},
    {Do::list_fails, "list_fails", 3},
    {Do::remember_list, "remember_list", 2},
    {Do::late_list, "late_list", 2},
    {Do::plan, "plan", 4},
    {Do::kill_worker, "kill_worker", 5},
    {Do::hang_worker, "hang_worker", 2},
    {Do::deaf_worker, "deaf_worker", 2},
    {Do::restart_asked, "restart_asked", 1},
    {Do::stop_asked, "stop_asked", 1},
    {Do::reset_asked, "reset_asked", 1},
    {Do::service_restart, "service_restart", 1},
}};

}  // namespace

Script random_script(std::uint64_t seed, std::size_t length) {
    std::mt19937_64 random(seed);
    std::array<unsigned, kDoCount> weights{};
    for (std::size_t i = 0; i < kKinds.size(); ++i) weights[i] = kKinds[i].weight;
    auto pick = moody_choice(weights, random);
    Script script;
    script.reserve(length);
    for (std::size_t i = 0; i < length; ++i) {
        auto const bits = random();
        script.push_back({kKinds[pick(random)].what, static_cast<std::uint8_t>(bits % kStreams),
                          static_cast<std::uint8_t>(bits >> 8),
                          static_cast<std::uint8_t>(bits >> 16)});
    }
    return script;
}

std::string to_cpp(Script const& script) {
    std::string text = "Script{\n";
    for (auto const& op : script) {
        text += "    {Do::";
        text += kKinds[static_cast<std::size_t>(op.what)].name;
        text += ", " + std::to_string(op.stream) + ", " + std::to_string(op.a) + ", " +
                std::to_string(op.b) + "},\n";
    }
    return text + "}";
}

Script shrink(Script script, std::function<bool(Script const&)> const& fails) {
    return shortest_failing(std::move(script), fails);
}

}  // namespace tidegate::orchestrator::model
