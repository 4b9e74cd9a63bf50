// AMF0 values and commands: what is read must survive writing and reading again.
#include <cstdlib>

#include "rtmp/core/amf0.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/metadata.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate;
    base::ByteView const bytes(data, size);
    rtmp::amf0::Reader reader(bytes);
    while (!reader.done()) {
        auto const value = reader.next();
        if (!value) break;
        static_cast<void>(rtmp::read_metadata(*value));
        base::Bytes once, twice;
        rtmp::amf0::write(once, *value);
        auto const back = rtmp::amf0::Reader(once).next();
        if (!back) std::abort();
        rtmp::amf0::write(twice, *back);  // bytes, not values: a NaN is not equal to itself
        if (once != twice) std::abort();
    }
    if (auto const command = rtmp::read_command(bytes)) {
        auto const once = rtmp::write_command(*command);
        auto const back = rtmp::read_command(once);
        if (!back || rtmp::write_command(*back) != once) std::abort();
    }
    return 0;
}
