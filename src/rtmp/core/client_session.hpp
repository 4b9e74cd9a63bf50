// The client's half of one RTMP connection (RTMP 1.0 §5.2, §7.2): publishes one stream or plays
// one. feed() takes the server's bytes and calls a ClientSink; output() collects the bytes to send.
// No clock, no socket. One per connection, used by one thread at a time.
//
//   ClientSession session(url, ClientMode::publish, seed);  // output() already holds C0 and C1
//   Send output(), feed() what arrives. After on_accepted, send messages made by
//   write_media_message() with message_stream_id(). At the end call finish(), send output(), close.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "rtmp/core/client_url.hpp"
#include "rtmp/core/error.hpp"
#include "rtmp/core/handshake.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"
#include "rtmp/core/message_layer.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

enum class ClientMode : std::uint8_t { publish, play };

// Receives what the server sent, from inside feed(). It must not call feed().
class ClientSink {
public:
    virtual ~ClientSink() = default;
    // NetStream.Publish.Start or NetStream.Play.Start came: media may flow from now on.
    virtual void on_accepted() = 0;
    // The server refused the stream or ended it with an error status. code, description: the
    // server's own. The caller closes the connection.
    virtual void on_rejected(std::string&& code, std::string&& description) = 0;
    // These two come in ClientMode::play only.
    virtual void on_media(MediaMessage&& message) = 0;
    virtual void on_metadata(Metadata&& metadata) = 0;
    // The server ended the stream regularly: StreamEOF, UnpublishNotify or Play.Stop.
    virtual void on_stream_closed() = 0;
};

class ClientSession final : private MessageHandler {
public:
    // seed: any unpredictable number; it fills the random bytes of the handshake. chunk_size: of
    // what we send; it is announced unless it is kDefaultChunkSize, which FFmpeg and librtmp use.
    // program: what the client calls itself in flashVer.
    ClientSession(ClientUrl url, ClientMode mode, std::uint64_t seed, Limits const& limits = {},
                  std::uint32_t chunk_size = kOutgoingChunkSize, std::string program = "Tidegate");
    ClientSession(ClientSession const&) = delete;
    ClientSession& operator=(ClientSession const&) = delete;

    // Consumes all of the bytes. An error is final: send output(), close; further calls return the
    // same error.
    Result feed(base::ByteView bytes, ClientSink& sink);
    // The bytes to send now. The caller sends and clears them.
    base::Bytes& output() { return output_; }

    // on_accepted was called, and the stream has not ended since.
    bool accepted() const { return state_ == State::streaming; }
    // The handshake is done, and the server has not answered publish or play yet.
    bool asking() const { return state_ > State::handshake && state_ < State::streaming; }
    // Sends an acknowledgement (RTMP 1.0 §5.4.3): a sign of life for servers that close a client
    // from which nothing comes. REQUIRES: accepted().
    void keep_alive() { messages_.acknowledge(); }
    // For the MessageHeader of media that is sent. REQUIRES: accepted().
    std::uint32_t message_stream_id() const { return message_stream_id_; }
    // Ends the stream: FCUnpublish and deleteStream, or deleteStream alone when playing. The server
    // need not answer. A second call does nothing.
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
    void reject(amf0::Object const& information);

    ClientUrl url_;
    ClientMode mode_;
    std::string program_;
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
