#include "rtmp/core/server_session.hpp"

#include "rtmp/core/server_replies.hpp"
#include "rtmp/core/server_session_impl.hpp"

namespace tidegate::rtmp {

Result ServerSession::Impl::feed(base::ByteView bytes, ServerSink& sink) {
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

// Before a stream there is nothing that a client would read it from; what the state or the request
// was refused for has been told.
void ServerSession::Impl::tell(Error const& error) {
    if (state_ != State::publishing && state_ != State::playing) return;
    if (error.code == ErrorCode::state || error.code == ErrorCode::refused) return;
    auto const code =
        state_ == State::publishing ? "NetStream.Publish.Failed" : "NetStream.Play.Failed";
    append_status(output_, stream_transaction_, {"error", code, error.text});
}

Result ServerSession::Impl::feed_whole(base::ByteView bytes) {
    if (!handshake_.done()) {
        auto const before = bytes.size();
        auto const result = handshake_.feed(bytes, output_);
        messages_.count_received(before - bytes.size());
        if (!result || !handshake_.done()) return result;
    }
    if (closed()) return {};
    return messages_.feed(bytes, *this);
}

void ServerSession::Impl::on_media_message(MediaMessage&& message) {
    if (state_ != State::publishing) return;
    messages_.count_early(message.body.size());  // matters until he is let in: the caller keeps it
    sink_->on_media(std::move(message));
}

void ServerSession::Impl::on_metadata_message(Metadata&& metadata) {
    if (state_ == State::publishing) sink_->on_metadata(std::move(metadata));
}

void ServerSession::Impl::accept_publish() {
    messages_.set_trusted(true);
    append_status(output_, stream_transaction_,
                  {"status", "NetStream.Publish.Start", "publish start"});
}

void ServerSession::Impl::accept_play(media::Tracks const& tracks, Metadata const& published) {
    messages_.set_trusted(true);
    append_play_start(output_, stream_transaction_, tracks, published);
}

void ServerSession::Impl::reject(std::string_view code, std::string_view description) {
    append_status(output_, stream_transaction_, {"error", code, description});
    state_ = State::closed;
}

ServerSession::ServerSession(std::uint64_t seed, Limits const& limits)
    : impl_(std::make_unique<Impl>(seed, limits)) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

Result ServerSession::feed(base::ByteView bytes, ServerSink& sink) {
    return impl_->feed(bytes, sink);
}
void ServerSession::prefetch() const {
    impl_->prefetch();
}
std::size_t ServerSession::unfinished_bytes() const {
    return impl_->unfinished_bytes();
}
base::Bytes& ServerSession::output() {
    return impl_->output();
}
void ServerSession::accept_publish() {
    impl_->accept_publish();
}
void ServerSession::accept_play(media::Tracks const& tracks, Metadata const& published) {
    impl_->accept_play(tracks, published);
}
void ServerSession::reject(std::string_view code, std::string_view description) {
    impl_->reject(code, description);
}
bool ServerSession::handshake_done() const {
    return impl_->handshake_done();
}
bool ServerSession::closed() const {
    return impl_->closed();
}

}  // namespace tidegate::rtmp
