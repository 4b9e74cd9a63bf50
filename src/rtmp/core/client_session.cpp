#include "rtmp/core/client_session.hpp"

#include "rtmp/core/media_message.hpp"

namespace tidegate::rtmp {

ClientSession::ClientSession(ClientUrl url, ClientMode mode, std::uint64_t seed,
                             Limits const& limits, std::uint32_t chunk_size)
    : url_(std::move(url)),
      mode_(mode),
      handshake_(seed),
      messages_(limits, output_),
      wanted_chunk_size_(chunk_size) {
    add_credentials_to_query(url_);
    handshake_.start(output_);
}

Result ClientSession::feed(base::ByteView bytes, ClientSink& sink) {
    if (error_) return std::unexpected(*error_);
    sink_ = &sink;
    auto result = feed_whole(bytes);
    sink_ = nullptr;
    if (!result) error_ = result.error();
    return result;
}

Result ClientSession::feed_whole(base::ByteView bytes) {
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

void ClientSession::on_media_message(MediaMessage&& message) {
    if (state_ == State::streaming && mode_ == ClientMode::play) {
        sink_->on_media(std::move(message));
    }
}

void ClientSession::on_metadata_message(Metadata&& metadata) {
    if (state_ == State::streaming && mode_ == ClientMode::play) {
        sink_->on_metadata(std::move(metadata));
    }
}

void ClientSession::on_user_control(UserControl event) {
    if (event != UserControl::stream_eof || state_ != State::streaming) return;
    state_ = State::closed;
    sink_->on_stream_closed();
}

}  // namespace tidegate::rtmp
