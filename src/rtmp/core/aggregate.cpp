#include "rtmp/core/aggregate.hpp"

#include "base/bytes.hpp"

namespace tidegate::rtmp {

std::expected<std::vector<Message>, Error> split_aggregate(Message const& aggregate,
                                                           std::size_t max_parts) {
    std::vector<Message> parts;
    base::ByteReader reader(aggregate.body.view());
    std::uint32_t first_timestamp = 0;
    while (reader.remaining() > 0) {
        if (parts.size() == max_parts) {
            return fail(ErrorCode::limit, "too many messages in an aggregate");
        }
        auto const type = static_cast<MessageType>(reader.u8());
        auto const size = reader.u24();
        auto const low = reader.u24();
        auto const timestamp = low | static_cast<std::uint32_t>(reader.u8()) << 24;
        reader.skip(3);  // message stream id: the aggregate's own counts
        auto const offset = reader.position();
        reader.skip(size);
        if (reader.failed()) return fail(ErrorCode::message, "invalid aggregate message");
        reader.skip(reader.remaining() < 4 ? reader.remaining() : 4);  // back pointer
        if (parts.empty()) first_timestamp = timestamp;
        parts.push_back({type, aggregate.chunk_stream_id, aggregate.message_stream_id,
                         aggregate.timestamp + (timestamp - first_timestamp),
                         aggregate.body.slice(offset, size)});
    }
    return parts;
}

}  // namespace tidegate::rtmp
