// The server's half of one RTMP connection: bytes in -> calls of a sink, and bytes to send. No
// clock, no sockets, no threads: the caller owns deadlines and calls everything from one thread at
// a time.
//
// Feeding never waits for an answer: after on_publish or on_play, feed() goes on parsing, so media
// that arrives before accept_publish() reaches on_media and is the caller's to keep. Answers may be
// given from inside the sink or later. After an error: send output(), close; feed() then only
// repeats the error.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtmp/core/error.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"
#include "rtmp/core/metadata.hpp"
#include "rtmp/core/stream_request.hpp"

namespace tidegate::rtmp {

// Receives what the peer sent, in order, from inside feed(). Must not call feed() itself; may call
// accept_*, reject() and output().
class ServerSink {
public:
    virtual ~ServerSink() = default;
    virtual void on_publish(PublishRequest&& request) = 0;  // only one of the two,
    virtual void on_play(PlayRequest&& request) = 0;        // until on_stream_closed
    virtual void on_media(MediaMessage&& message) = 0;      // only after on_publish
    virtual void on_metadata(Metadata&& metadata) = 0;      // only after on_publish
    // deleteStream, closeStream or FCUnpublish: the stream's regular end. Another one may follow.
    virtual void on_stream_closed() = 0;
};

class ServerSession {
public:
    // seed: any unpredictable number; it only fills the handshake's random bytes.
    explicit ServerSession(std::uint64_t seed, Limits const& limits = {});
    ~ServerSession();
    ServerSession(ServerSession&&) noexcept;
    ServerSession& operator=(ServerSession&&) noexcept;

    // Consumes all bytes, in pieces of any size.
    Result feed(base::ByteView bytes, ServerSink& sink);
    // Fetches what feed() will touch.
    void prefetch() const;

    // What is kept for unfinished messages.
    std::size_t unfinished_bytes() const;

    // Bytes to send now (handshake, replies, acknowledgements, pongs). The caller sends and clears
    // them.
    base::Bytes& output();

    // onStatus NetStream.Publish.Start. REQUIRES: on_publish was called.
    void accept_publish();
    // Everything a player expects before media: StreamIsRecorded, StreamBegin, four onStatus,
    // onMetaData and the sequence headers at timestamp 0 of the tracks (as chosen by
    // playable_tracks()). published: what the publisher said of them. REQUIRES: on_play was called.
    void accept_play(media::Tracks const& tracks, Metadata const& published = {});
    // onStatus with level error, e.g. reject("NetStream.Publish.Unauthorized", "authentication
    // failed"). The caller then sends output() and closes: librtmp goes on sending after a refusal.
    void reject(std::string_view code, std::string_view description);

    // Set once C0..C2 were exchanged, and once reject() was called.
    bool handshake_done() const;
    bool closed() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::rtmp
