#include "rtmp/core/server_session.hpp"

#include "rtmp/core/server_replies.hpp"

namespace tidegate::rtmp {

Result ServerSession::feed(base::ByteView bytes, ServerSink& sink) {
    if (error_) return std::unexpected(*error_);
    sink_ = &sink;
    auto result = feed_whole(bytes);
    sink_ = nullptr;
    if (!result) {
        error_ = result.error();
        tell(*error_);
    }
    return result;
}

// Tells the client why the connection ends. Before publish or play a client would not look at it;
// for errors of the state and of the request it has been told already.
void ServerSession::tell(Error const& error) {
    if (state_ != State::publishing && state_ != State::playing) return;
    if (error.code == ErrorCode::state || error.code == ErrorCode::refused) return;
    auto const code =
        state_ == State::publishing ? "NetStream.Publish.Failed" : "NetStream.Play.Failed";
    append_status(output_, stream_transaction_, {"error", code, error.text});
}

Result ServerSession::feed_whole(base::ByteView bytes) {
    if (!handshake_.done()) {
        auto const before = bytes.size();
        auto const result = handshake_.feed(bytes, output_);
        messages_.count_received(before - bytes.size());
        if (!result || !handshake_.done()) return result;
    }
    if (closed()) return {};
    return messages_.feed(bytes, *this);
}

void ServerSession::on_media_message(MediaMessage&& message) {
    if (state_ != State::publishing) return;
    messages_.count_early(
        message.body
            .size());  // counts until the peer is let in: the caller keeps the message so long
    sink_->on_media(std::move(message));
}

void ServerSession::on_metadata_message(Metadata&& metadata) {
    if (state_ == State::publishing) sink_->on_metadata(std::move(metadata));
}

void ServerSession::accept_publish() {
    messages_.set_trusted(true);
    append_status(output_, stream_transaction_,
                  {"status", "NetStream.Publish.Start", "publish start"});
}

void ServerSession::accept_play(media::Tracks const& tracks, Metadata const& published) {
    messages_.set_trusted(true);
    append_play_start(output_, stream_transaction_, tracks, published);
}

void ServerSession::reject(std::string_view code, std::string_view description) {
    append_status(output_, stream_transaction_, {"error", code, description});
    state_ = State::closed;
}

}  // namespace tidegate::rtmp
