// What both sessions do with messages: protocol control is obeyed and answered here (chunk size,
// abort, window, ping), aggregates and AMF3 envelopes are opened, the rest goes to the handler. One
// thread; no clock.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "rtmp/core/chunk_reader.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/control.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/metadata.hpp"
#include "rtmp/core/timestamp_unwrapper.hpp"

namespace tidegate::rtmp {

class MessageHandler {
public:
    virtual Result on_command(Command&& command) = 0;
    virtual void on_media_message(MediaMessage&& message) = 0;
    virtual void on_metadata_message(Metadata&& metadata) = 0;
    virtual void on_user_control(UserControl event) = 0;  // but not pings

protected:
    ~MessageHandler() = default;
};

class MessageLayer final : private MessageSink {
public:
    // output: where answers go; it must outlive the layer.
    MessageLayer(Limits const& limits, base::Bytes& output)
        : limits_(limits), reader_(limits), output_(output) {}

    // The handshake's bytes count as received, as FFmpeg and librtmp count them.
    void count_received(std::size_t bytes) { received_ += bytes; }
    Result feed(base::ByteView bytes, MessageHandler& handler);
    // Whether the peer has been let in (ChunkReader).
    void set_trusted(bool trusted) { reader_.set_trusted(trusted); }
    void count_early(std::size_t bytes) { reader_.count_early(bytes); }
    // Fetches what feed() will touch beside the object itself.
    void prefetch() const { reader_.prefetch(); }
    std::size_t unfinished_bytes() const { return reader_.unfinished_bytes(); }
    // Tells the peer how much has come, asked for or not: the smallest sign of life there is.
    void acknowledge();

private:
    Result on_message(Message&& message) override;
    Result on_control(Message const& message);
    Result on_user_control(Message const& message);
    Result on_amf3_command(Message const& message);
    Result on_command_body(base::ByteView body);
    void on_data(base::ByteView body);
    Result on_aggregate(Message const& message);
    void on_media(Message&& message);
    void acknowledge_when_due();

    Limits limits_;
    ChunkReader reader_;
    base::Bytes& output_;
    MessageHandler* handler_ = nullptr;  // only during feed()
    TimestampUnwrapper timestamps_;
    std::uint32_t commands_ = 0;
    std::uint32_t ack_window_ = 0;  // 0: the peer asked for no acknowledgements
    std::uint64_t received_ = 0;
    std::uint64_t acknowledged_ = 0;
};

}  // namespace tidegate::rtmp
