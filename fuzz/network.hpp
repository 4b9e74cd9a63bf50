// The network between a client and a server. The script chooses when it delivers how many bytes,
// and whether it changes one. A world derives from it and has two functions: collect() passes
// everything that both sides have written to say(), and hand_over(bytes, up) gives bytes to their
// receiver and returns false if it will take no more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "script.hpp"

namespace tidegate::fuzz {

template <class World>
class Network {
protected:
    explicit Network(Script& script) : script_(script) {}

    // Returns false if the choice is not one of the network's.
    bool network_step(std::uint8_t choice) {
        bool const up = (choice & 0x10U) != 0;
        switch (choice & 0x0FU) {
            case 0:
            case 1:
            case 2:
                carry(SIZE_MAX, up);
                return true;
            case 3:
            case 4:
                carry(1U + script_.byte(), up);
                return true;
            case 5:
                damage(up);
                return true;
            default:
                return false;
        }
    }

    // up: from the client to the server.
    void say(base::ByteView bytes, bool up) {
        auto& wire = up ? up_ : down_;
        wire.insert(wire.end(), bytes.begin(), bytes.end());
    }

    // Delivers at most so many bytes. Returns how many it was, or 0 if the receiver takes no more.
    std::size_t carry(std::size_t most, bool up) {
        world().collect();
        auto& wire = up ? up_ : down_;
        auto const end = wire.begin() + static_cast<std::ptrdiff_t>(std::min(most, wire.size()));
        base::Bytes const part(wire.begin(), end);
        wire.erase(wire.begin(), end);
        return !part.empty() && world().hand_over(part, up) ? part.size() : 0;
    }

    bool damaged() const { return damaged_; }

    Script& script_;

private:
    World& world() { return static_cast<World&>(*this); }

    void damage(bool up) {
        world().collect();
        auto& wire = up ? up_ : down_;
        if (wire.empty()) return;
        auto const at = script_.two_bytes() % wire.size();
        wire[at] = script_.byte();
        damaged_ = true;
    }

    base::Bytes up_, down_;  // on their way
    bool damaged_ = false;
};

}  // namespace tidegate::fuzz
