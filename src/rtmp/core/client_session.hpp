// The client's half of one RTMP connection: publishes (worker, load generator) or plays (load
// generator). Bytes in -> calls of a sink, and bytes to send. No clock, no sockets; one thread at a
// time.
//
//   ClientSession session(url, ClientMode::publish, seed);   // output() already holds C0 and C1
//   ... send output(), feed() what arrives; on_accepted: send write_media_message(...) bytes with
//   message_stream_id(); at the end finish(), send output(), close.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "rtmp/core/client_url.hpp"
#include "rtmp/core/error.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

enum class ClientMode : std::uint8_t { publish, play };

// Receives what the server sent, from inside feed(). Must not call feed() itself.
class ClientSink {
public:
    virtual ~ClientSink() = default;
    // NetStream.Publish.Start or NetStream.Play.Start: media may flow now.
    virtual void on_accepted() = 0;
    // The server said no, or ended the stream with an error status: its code and description.
    // Close.
    virtual void on_rejected(std::string&& code, std::string&& description) = 0;
    virtual void on_media(MediaMessage&& message) = 0;
    virtual void on_metadata(Metadata&& metadata) = 0;
    // Regular end by the server: StreamEOF, UnpublishNotify, Play.Stop.
    virtual void on_stream_closed() = 0;
};

class ClientSession {
public:
    // chunk_size: what we write in; kDefaultChunkSize announces nothing, as FFmpeg and librtmp do.
    ClientSession(ClientUrl url, ClientMode mode, std::uint64_t seed, Limits const& limits = {},
                  std::uint32_t chunk_size = kOutgoingChunkSize);
    ~ClientSession();
    ClientSession(ClientSession&&) noexcept;
    ClientSession& operator=(ClientSession&&) noexcept;

    Result feed(base::ByteView bytes, ClientSink& sink);
    base::Bytes& output();  // the caller sends and clears it

    bool accepted() const;
    // The handshake is over and the server has not answered the request yet.
    bool asking() const;
    // An acknowledgement (RTMP 1.0 §5.4.3), for a server that takes a silent client for a dead one.
    // REQUIRES: accepted().
    void keep_alive();
    // For MessageHeader of outgoing media. REQUIRES: accepted().
    std::uint32_t message_stream_id() const;
    // FCUnpublish and deleteStream (publish) or deleteStream (play), once; no reply is waited for.
    void finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::rtmp
