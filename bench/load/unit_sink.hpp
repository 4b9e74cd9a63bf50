// Where the scanners report what they recognised in a reader's bytes.
#pragma once

#include <cstdint>

#include "load/time_code.hpp"

namespace tidegate::bench {

class UnitSink {
public:
    // The last byte of a unit has arrived.
    virtual void on_unit(TimeCode const& code) = 0;
    // RTMP: the server wants an acknowledgement of what has come so far.
    virtual void on_acknowledge(std::uint32_t) {}

protected:
    ~UnitSink() = default;
};

}  // namespace tidegate::bench
