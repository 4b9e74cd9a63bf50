#include "rtmp/core/client_session.hpp"

#include "rtmp/core/client_session_impl.hpp"
#include "rtmp/core/media_message.hpp"

namespace tidegate::rtmp {

ClientSession::Impl::Impl(ClientUrl url, ClientMode mode, std::uint64_t seed, Limits const& limits,
                          std::uint32_t chunk_size)
    : url_(std::move(url)),
      mode_(mode),
      handshake_(seed),
      messages_(limits, output_),
      wanted_chunk_size_(chunk_size) {
    add_credentials_to_query(url_);
    handshake_.start(output_);
}

Result ClientSession::Impl::feed(base::ByteView bytes, ClientSink& sink) {
    if (error_) return std::unexpected(*error_);
    sink_ = &sink;
    auto result = feed_whole(bytes);
    sink_ = nullptr;
    if (!result) error_ = result.error();
    return result;
}

Result ClientSession::Impl::feed_whole(base::ByteView bytes) {
    if (state_ == State::handshake) {
        auto const before = bytes.size();
        auto const result = handshake_.feed(bytes, output_);
        messages_.count_received(before - bytes.size());
        if (!result || !handshake_.done()) return result;
        state_ = State::connecting;
        send_connect();
    }
    if (state_ == State::closed) return {};
    return messages_.feed(bytes, *this);
}

void ClientSession::Impl::on_media_message(MediaMessage&& message) {
    if (state_ == State::streaming && mode_ == ClientMode::play) {
        sink_->on_media(std::move(message));
    }
}

void ClientSession::Impl::on_metadata_message(Metadata&& metadata) {
    if (state_ == State::streaming && mode_ == ClientMode::play) {
        sink_->on_metadata(std::move(metadata));
    }
}

void ClientSession::Impl::on_user_control(UserControl event) {
    if (event != UserControl::stream_eof || state_ != State::streaming) return;
    state_ = State::closed;
    sink_->on_stream_closed();
}

ClientSession::ClientSession(ClientUrl url, ClientMode mode, std::uint64_t seed,
                             Limits const& limits, std::uint32_t chunk_size)
    : impl_(std::make_unique<Impl>(std::move(url), mode, seed, limits, chunk_size)) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

Result ClientSession::feed(base::ByteView bytes, ClientSink& sink) {
    return impl_->feed(bytes, sink);
}
base::Bytes& ClientSession::output() {
    return impl_->output();
}
bool ClientSession::accepted() const {
    return impl_->accepted();
}
bool ClientSession::asking() const {
    return impl_->asking();
}
void ClientSession::keep_alive() {
    impl_->keep_alive();
}
std::uint32_t ClientSession::message_stream_id() const {
    return impl_->message_stream_id();
}
void ClientSession::finish() {
    impl_->finish();
}

}  // namespace tidegate::rtmp
