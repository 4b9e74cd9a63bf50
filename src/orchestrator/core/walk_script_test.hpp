// What scripts of random walks have in common, whatever their steps are: how their kinds are drawn,
// and how a script that fails is made shorter.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

namespace tidegate::orchestrator {

// A distribution over kinds of steps with these weights. Each script prefers some kinds at random,
// so that combinations that are rare in most scripts are frequent in some. The first kind, in which
// time passes, is never missing.
template <std::size_t Kinds>
std::discrete_distribution<std::size_t> moody_choice(std::array<unsigned, Kinds> weights,
                                                     std::mt19937_64& random) {
    for (std::size_t i = 0; i < Kinds; ++i) {
        auto const mood = random() % 8;
        weights[i] = weights[i] * (mood == 0 ? 0 : mood == 1 ? 6 : 2) + (i == 0 ? 8U : 0U);
    }
    return {weights.begin(), weights.end()};
}

// The shortest part of a failing script that still fails, found by delta debugging: no step can be
// left out of it.
template <class Op>
std::vector<Op> shortest_failing(std::vector<Op> script,
                                 std::function<bool(std::vector<Op> const&)> const& fails) {
    for (auto chunk = script.size() / 2; chunk > 0;) {
        bool smaller = false;
        for (std::size_t at = 0; at < script.size();) {
            auto candidate = script;
            auto const first = candidate.begin() + static_cast<std::ptrdiff_t>(at);
            auto const count = std::min(chunk, script.size() - at);
            candidate.erase(first, first + static_cast<std::ptrdiff_t>(count));
            if (fails(candidate)) {
                script = std::move(candidate);
                smaller = true;
            } else {
                at += chunk;
            }
        }
        if (!smaller || chunk > 1) chunk = chunk == 1 ? 0 : (chunk + 1) / 2;
    }
    return script;
}

}  // namespace tidegate::orchestrator
