// Inside ServerSession: the state of the dialogue, and one method per command that changes it.
#pragma once

#include <string>
#include <vector>

#include "base/cache_line.hpp"
#include "rtmp/core/handshake.hpp"
#include "rtmp/core/message_layer.hpp"
#include "rtmp/core/server_session.hpp"

namespace tidegate::rtmp {

class ServerSession::Impl final : private MessageHandler {
public:
    Impl(std::uint64_t seed, Limits const& limits)
        : limits_(limits), handshake_(seed), messages_(limits, output_) {
        messages_.set_trusted(false);
    }

    Result feed(base::ByteView bytes, ServerSink& sink);
    std::size_t unfinished_bytes() const { return messages_.unfinished_bytes(); }
    void prefetch() const {
        base::prefetch(this);
        messages_.prefetch();
    }
    base::Bytes& output() { return output_; }
    void accept_publish();
    void accept_play(media::Tracks const& tracks, Metadata const& published);
    void reject(std::string_view code, std::string_view description);
    bool handshake_done() const { return handshake_.done(); }
    bool closed() const { return state_ == State::closed; }

private:
    enum class State : std::uint8_t {
        connecting,  // until connect
        connected,   // until publish or play, and after the end of each
        publishing,  // asked for or accepted: media is passed on
        playing,     // asked for or accepted
        closed,      // rejected by us: everything is ignored
    };
    using Method = Result (Impl::*)(Command const&);
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
    void on_user_control(UserControl) override {}

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
    double stream_transaction_ = 0;  // of publish or play: its answers carry it
    std::string app_, tc_url_, flash_version_;
    std::vector<std::string> fourccs_;
};

}  // namespace tidegate::rtmp
