// Inside ClientSession: the dialogue up to the first media message.
#pragma once

#include <optional>

#include "rtmp/core/client_session.hpp"
#include "rtmp/core/handshake.hpp"
#include "rtmp/core/message_layer.hpp"

namespace tidegate::rtmp {

class ClientSession::Impl final : private MessageHandler {
public:
    Impl(ClientUrl url, ClientMode mode, std::uint64_t seed, Limits const& limits,
         std::uint32_t chunk_size);

    Result feed(base::ByteView bytes, ClientSink& sink);
    base::Bytes& output() { return output_; }
    bool accepted() const { return state_ == State::streaming; }
    bool asking() const { return state_ > State::handshake && state_ < State::streaming; }
    void keep_alive() { messages_.acknowledge(); }
    std::uint32_t message_stream_id() const { return message_stream_id_; }
    void finish();

private:
    enum class State : std::uint8_t { handshake, connecting, creating, asking, streaming, closed };

    Result feed_whole(base::ByteView bytes);
    Result on_command(Command&& command) override;
    void on_media_message(MediaMessage&& message) override;
    void on_metadata_message(Metadata&& metadata) override;
    void on_user_control(UserControl event) override;

    void send(Command const& command, std::uint32_t message_stream_id);
    void send_connect();
    void send_create_stream();
    void send_request();
    Result on_result(Command const& command);
    void on_error(Command const& command);
    void on_status(Command const& command);
    void reject(amf0::Object const* information);

    ClientUrl url_;
    ClientMode mode_;
    base::Bytes output_;
    ClientHandshake handshake_;
    MessageLayer messages_;
    ClientSink* sink_ = nullptr;  // only during feed()
    std::optional<Error> error_;
    State state_ = State::handshake;
    std::uint32_t const wanted_chunk_size_;
    std::uint32_t chunk_size_ = kDefaultChunkSize;
    std::uint32_t message_stream_id_ = 0;
    double last_transaction_ = 0;
    double awaited_ = 0;  // transaction of the connect or createStream that is to be answered
};

}  // namespace tidegate::rtmp
