// Goes through a map or set in small batches ("turns"), so that its lock is not held for long.
// Other threads may change it meanwhile.
#pragma once

#include <cstddef>
#include <iterator>
#include <mutex>
#include <optional>
#include <type_traits>
#include <vector>

namespace tidegate::router {

// Copying this many elements takes some ten microseconds, which is how long a publisher or a new
// reader may wait for somebody who looks at a list.
inline constexpr std::size_t kElementsPerTurn = 64;

// A few elements are copied under the lock, then used without it, then the next few. An element
// that is there all the time is seen exactly once, in the container's order; one that comes or goes
// meanwhile may be seen or not.
// take(element): the copy that is used later; it is called with the lock held. use(copy): without.
template <class Container, class Take, class Use>
void visit_in_turns(Container const& elements, std::mutex& mutex, Take take, Use use) {
    using Copy = std::invoke_result_t<Take&, typename Container::const_reference>;
    auto const key_of = [](auto const& element) -> auto const& {
        if constexpr (requires { typename Container::mapped_type; }) {
            return element.first;
        } else {
            return element;
        }
    };
    std::vector<Copy> turn;
    std::optional<typename Container::key_type> last;
    bool more = true;
    while (more) {
        turn.clear();
        {
            std::lock_guard const lock(mutex);
            auto at = last ? elements.upper_bound(*last) : elements.begin();
            for (; at != elements.end() && turn.size() < kElementsPerTurn; ++at) {
                turn.push_back(take(*at));
            }
            more = at != elements.end();
            if (more) last = key_of(*std::prev(at));
        }
        for (auto& copy : turn) use(copy);
    }
}

}  // namespace tidegate::router
