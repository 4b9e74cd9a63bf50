// The chunk reader on any bytes: fed whole and in pieces it must give the same messages and the
// same error.
#include <cstdlib>
#include <vector>

#include "rtmp/core/chunk_reader.hpp"

namespace {

using namespace tidegate;

struct Seen {
    rtmp::MessageType type;
    std::uint32_t chunk_stream, message_stream, timestamp;
    base::Bytes body;
    bool operator==(Seen const&) const = default;
};

struct Recorder final : rtmp::MessageSink {
    explicit Recorder(rtmp::Limits const& limits) : reader(limits) {}

    rtmp::Result on_message(rtmp::Message&& message) override {
        if (message.body.empty()) std::abort();
        auto const view = message.body.view();
        seen.push_back({message.type, message.chunk_stream_id, message.message_stream_id,
                        message.timestamp, base::Bytes(view.begin(), view.end())});
        base::ByteReader body(view);
        if (message.type == rtmp::MessageType::set_chunk_size) {
            return reader.set_chunk_size(body.u32());
        }
        if (message.type == rtmp::MessageType::abort) reader.abort(body.u32());
        return {};
    }
    void run(base::ByteView bytes, std::size_t piece) {
        while (!bytes.empty()) {
            auto const count = std::min(piece, bytes.size());
            base::Bytes const part(bytes.begin(),
                                   bytes.begin() + static_cast<std::ptrdiff_t>(count));
            bytes = bytes.subspan(count);
            if (auto const result = reader.feed(part, *this); !result) {
                error = result.error().text;
                return;
            }
        }
    }

    rtmp::ChunkReader reader;
    std::vector<Seen> seen;
    std::string error;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    rtmp::Limits limits;
    limits.max_message_size = 100'000;
    limits.max_partial_bytes = 200'000;
    limits.max_chunk_streams = 6;
    base::ByteView const bytes(data, size);
    Recorder whole(limits), pieces(limits);
    whole.run(bytes, size);
    pieces.run(bytes, data[size - 1] % 40U + 1U);
    if (whole.seen != pieces.seen || whole.error != pieces.error) std::abort();
    return 0;
}
