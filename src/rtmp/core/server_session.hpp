// The server's half of one RTMP connection (RTMP 1.0 §5.2, §7.2). feed() takes the peer's bytes and
// calls a ServerSink; output() collects the bytes to send. No clock, no socket: the caller owns the
// deadlines, sends the output and closes. One per connection, used by one thread at a time.
//
// feed() never waits for an answer. After on_publish or on_play it goes on reading, so media may
// reach on_media before accept_publish() was called; the caller decides whether to keep it. The
// caller may answer from inside the sink or later. When feed() returns an error, the caller sends
// what output() still holds and closes; further calls of feed() return the same error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/cache_line.hpp"
#include "media/track.hpp"
#include "rtmp/core/error.hpp"
#include "rtmp/core/handshake.hpp"
#include "rtmp/core/limits.hpp"
#include "rtmp/core/message.hpp"
#include "rtmp/core/message_layer.hpp"
#include "rtmp/core/metadata.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::rtmp {

// What a client asks for with publish or play.
struct StreamRequest {
    // The path of tcUrl, "/" and the key (stream_address.hpp), percent-decoded once, without a
    // slash at its start. It is not validated: it may be empty or hold any byte. The router decides
    // which names exist.
    std::string path;
    std::string query;       // undecoded, without '?': the key's, tcUrl's, or both joined by '&'
    std::string user_agent;  // flashVer; empty when the client sent none
    std::string app, tc_url, key;  // as the client sent them
    // Decoded: the query's user and pass, otherwise user:pass@ of tcUrl; empty when there are none.
    std::string remote_user, remote_password;
    std::string token;  // the query's token or jwt, decoded
};

struct PublishRequest : StreamRequest {
    std::string publish_type;  // usually "live"; "record" and "append" are treated the same
};

struct PlayRequest : StreamRequest {
    PlayerAbilities abilities;
};

// Receives what the peer sent, in order, from inside feed(). It must not call feed(); it may call
// accept_publish(), accept_play(), reject() and output().
class ServerSink {
public:
    virtual ~ServerSink() = default;
    // The client wants to publish or to play. Only one of these two comes until on_stream_closed.
    virtual void on_publish(PublishRequest&& request) = 0;
    virtual void on_play(PlayRequest&& request) = 0;
    // These two come after on_publish only.
    virtual void on_media(MediaMessage&& message) = 0;
    virtual void on_metadata(Metadata&& metadata) = 0;
    // The same; whether the publisher has announced captions is not known here.
    virtual void on_caption(media::Caption&&) {}
    // The regular end of the stream: deleteStream, closeStream or FCUnpublish. The client may ask
    // for another stream on the same connection.
    virtual void on_stream_closed() = 0;
};

class ServerSession final : private MessageHandler {
public:
    // seed: any unpredictable number. It fills the random bytes of the handshake.
    explicit ServerSession(std::uint64_t seed, Limits const& limits = {})
        : limits_(limits), handshake_(seed), messages_(limits, output_) {
        messages_.set_authorized(false);
    }
    ServerSession(ServerSession const&) = delete;
    ServerSession& operator=(ServerSession const&) = delete;

    // Consumes all of the bytes, whatever the pieces in which they come.
    Result feed(base::ByteView bytes, ServerSink& sink);
    // Fetches into the cache what feed() will use.
    void prefetch() const {
        base::prefetch(this);
        messages_.prefetch();
    }

    // The bytes to send now: handshake, replies, acknowledgements, answers to pings. The caller
    // sends and clears them.
    base::Bytes& output() { return output_; }

    // Answers publish with onStatus NetStream.Publish.Start. REQUIRES: on_publish was called.
    void accept_publish();
    // Answers play with all that a player expects before media: StreamIsRecorded, StreamBegin, four
    // onStatus, onMetaData and the sequence headers, at time stamp 0. tracks: those of
    // the stream. published: what the publisher's metadata said about them. chosen: which of them
    // this player gets (playable_tracks()); nullopt: all. REQUIRES: on_play was called.
    void accept_play(media::Tracks const& tracks, Metadata const& published = {},
                     std::optional<std::vector<std::size_t>> const& chosen = std::nullopt);
    // Answers with onStatus of level error, e.g. reject("NetStream.Publish.Unauthorized",
    // "authentication failed"). The caller then sends output() and closes the connection: librtmp
    // would go on sending.
    void reject(std::string_view code, std::string_view description);

    // How many bytes are kept for unfinished messages.
    std::size_t unfinished_bytes() const { return messages_.unfinished_bytes(); }
    bool handshake_done() const { return handshake_.done(); }
    bool closed() const { return state_ == State::closed; }  // reject() was called

private:
    enum class State : std::uint8_t {
        connecting,  // until connect
        connected,   // until publish or play, and after the end of each
        publishing,  // publish was asked for, perhaps accepted: media is passed on
        playing,     // play was asked for, perhaps accepted
        closed,      // reject() was called: everything is ignored
    };
    using Method = Result (ServerSession::*)(Command const&);
    struct Entry {
        std::string_view name;
        Method method;
    };
    static Method find_method(std::string_view name);

    Result feed_whole(base::ByteView bytes);
    void tell(Error const& error);
    Result on_command(Command&& command) override;
    void on_media_message(MediaMessage&& message) override;
    void on_metadata_message(Metadata&& metadata) override;
    void on_caption_message(media::Caption&& caption) override;
    void on_user_control(UserControl) override {}

    // One method per command.
    Result connect(Command const& command);
    Result refuse_connect(Command const& command, std::string text);
    Result create_stream(Command const& command);
    Result publish(Command const& command);
    Result play(Command const& command);
    Result delete_stream(Command const& command);
    Result close_stream(Command const& command);
    Result begin_stream(Command const& command, StreamRequest& request);
    void read_connect_object(amf0::Object const& object);

    Limits limits_;
    base::Bytes output_;
    ServerHandshake handshake_;
    MessageLayer messages_;
    ServerSink* sink_ = nullptr;  // only during feed()
    std::optional<Error> error_;
    State state_ = State::connecting;
    std::uint32_t created_streams_ = 0;
    double stream_transaction_ = 0;  // of publish or play: the answers carry it
    std::string app_, tc_url_, flash_version_;
    PlayerAbilities abilities_;
};

}  // namespace tidegate::rtmp
