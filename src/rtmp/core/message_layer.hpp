// The part of a connection that is the same for servers and clients: reads messages (RTMP 1.0 §5.4,
// §6.2, §7.1) and answers protocol control itself: chunk size, abort, window, ping. It opens
// aggregates and AMF3 envelopes and passes everything else to a MessageHandler. One per connection,
// used by one thread at a time; no clock.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "base/bytes.hpp"
#include "base/timestamp_unwrapper.hpp"
#include "rtmp/core/amf0.hpp"
#include "rtmp/core/caption.hpp"
#include "rtmp/core/chunk_reader.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/control.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

// Takes an aggregate message (type 22, RTMP 1.0 §7.1.6) apart into the FLV tags that it holds. The
// bodies of the parts share the aggregate's memory. An error when a size does not fit, or when
// there are more than max_parts.
std::expected<std::vector<Message>, Error> split_aggregate(Message const& aggregate,
                                                           std::size_t max_parts);

// Receives the messages in order, from inside MessageLayer::feed().
class MessageHandler {
public:
    virtual Result on_command(Command&& command) = 0;
    virtual void on_media_message(MediaMessage&& message) = 0;
    virtual void on_metadata_message(Metadata&& metadata) = 0;
    virtual void on_caption_message(media::Caption&&) {}
    // Pings are answered by the layer and do not come here.
    virtual void on_user_control(UserControl event) = 0;

protected:
    ~MessageHandler() = default;
};

class MessageLayer final : private MessageSink {
public:
    // output: the layer appends its answers to it. It must outlive the layer.
    MessageLayer(Limits const& limits, base::Bytes& output)
        : limits_(limits), reader_(limits), output_(output) {}

    // Adds the handshake's bytes to those that acknowledgements count, as FFmpeg and librtmp do.
    void count_received(std::size_t bytes) { received_ += bytes; }
    Result feed(base::ByteView bytes, MessageHandler& handler);
    // See ChunkReader.
    void set_authorized(bool authorized) { reader_.set_authorized(authorized); }
    void count_early(std::size_t bytes) { reader_.count_early(bytes); }
    // Fetches into the cache what feed() will use beside the object itself.
    void prefetch() const { reader_.prefetch(); }
    // See ChunkReader.
    std::size_t unfinished_bytes() const { return reader_.unfinished_bytes(); }
    // Sends an acknowledgement now, whether or not the peer's window asks for one.
    void acknowledge();

private:
    Result on_message(Message&& message) override;
    Result on_control(Message const& message);
    Result on_user_control(Message const& message);
    Result on_amf3_command(Message const& message);
    Result on_command_body(base::ByteView body);
    void on_data(base::ByteView body, std::uint32_t timestamp);
    void on_text(amf0::Reader& reader, std::uint32_t timestamp);
    Result on_aggregate(Message const& message);
    void on_media(Message&& message);
    void acknowledge_when_due();

    Limits limits_;
    ChunkReader reader_;
    base::Bytes& output_;
    MessageHandler* handler_ = nullptr;  // only during feed()
    base::TimestampUnwrapper timestamps_;
    std::uint32_t commands_ = 0;
    std::uint32_t ack_window_ = 0;  // 0: the peer asked for no acknowledgements
    std::uint64_t received_ = 0;
    std::uint64_t acknowledged_ = 0;
};

}  // namespace tidegate::rtmp
