#include "rtmp/core/message_layer.hpp"

#include <algorithm>
#include <utility>

#include "media/timeline.hpp"

namespace tidegate::rtmp {

namespace {

constexpr std::size_t kPingSize = 4;

// The largest onTextData that is read: a caption of the longest text in any notation.
constexpr std::size_t kMaxTextData = 16 * 1024;

enum class Data : std::uint8_t { metadata, text, other };

// What the data message is: onMetaData or onTextData, with or without @setDataFrame in front.
// Others, such as cue points, are ignored. Afterwards the reader stands behind the names.
Data kind_of(amf0::Reader& reader) {
    for (int names = 0; names < 2 && !reader.done(); ++names) {
        auto const value = reader.next();
        if (!value || value->string() == nullptr) return Data::other;
        if (*value->string() == "onMetaData") return Data::metadata;
        if (*value->string() == kTextData) return Data::text;
    }
    return Data::other;
}

}  // namespace

std::expected<std::vector<Message>, Error> split_aggregate(Message const& aggregate,
                                                           std::size_t max_parts) {
    std::vector<Message> parts;
    base::ByteReader reader(aggregate.body.view());
    std::uint32_t first_timestamp = 0;
    while (reader.remaining() > 0) {
        if (parts.size() == max_parts) {
            return fail(ErrorCode::limit, "too many messages in an aggregate");
        }
        auto const type = static_cast<MessageType>(reader.u8());
        auto const size = reader.u24();
        auto const low = reader.u24();
        auto const timestamp = low | static_cast<std::uint32_t>(reader.u8()) << 24;
        reader.skip(3);  // message stream id: the aggregate's own counts
        auto const offset = reader.position();
        reader.skip(size);
        if (reader.failed()) return fail(ErrorCode::message, "invalid aggregate message");
        reader.skip(reader.remaining() < 4 ? reader.remaining() : 4);  // back pointer
        if (parts.empty()) first_timestamp = timestamp;
        parts.push_back({type, aggregate.chunk_stream_id, aggregate.message_stream_id,
                         aggregate.timestamp + (timestamp - first_timestamp),
                         aggregate.body.slice(offset, size)});
    }
    return parts;
}

Result MessageLayer::feed(base::ByteView bytes, MessageHandler& handler) {
    handler_ = &handler;
    received_ += bytes.size();
    auto const result = reader_.feed(bytes, *this);
    if (result) acknowledge_when_due();
    return result;
}

Result MessageLayer::on_message(Message&& message) {
    switch (message.type) {
        case MessageType::audio:
        case MessageType::video:
            on_media(std::move(message));
            return {};
        case MessageType::set_chunk_size:
        case MessageType::abort:
        case MessageType::window_ack_size:
            return on_control(message);
        case MessageType::user_control:
            return on_user_control(message);
        case MessageType::command_amf0:
            return on_command_body(message.body.view());
        case MessageType::command_amf3:
            return on_amf3_command(message);
        case MessageType::data_amf0:
            on_data(message.body.view(), message.timestamp);
            return {};
        case MessageType::data_amf3:
            if (message.body.data()[0] == 0) {
                on_data(message.body.view().subspan(1), message.timestamp);
            }
            return {};
        case MessageType::aggregate:
            return on_aggregate(message);
        case MessageType::acknowledgement:
        case MessageType::set_peer_bandwidth:
            return {};
    }
    return {};  // unknown types are skipped
}

Result MessageLayer::on_control(Message const& message) {
    auto const value = read_control(message.body.view());
    if (!value) return std::unexpected(value.error());
    if (message.type == MessageType::set_chunk_size) return reader_.set_chunk_size(*value);
    if (message.type == MessageType::abort) {
        reader_.abort(*value);
    } else {
        ack_window_ = *value == 0 ? 0 : std::max(*value, limits_.min_ack_window);
    }
    return {};
}

Result MessageLayer::on_user_control(Message const& message) {
    auto const event = read_user_control(message.body.view());
    if (!event) return std::unexpected(event.error());
    if (event->event != UserControl::ping_request) {
        handler_->on_user_control(event->event);
    } else if (event->data.size() < kPingSize) {
        return fail(ErrorCode::message, "invalid body size");
    } else if (output_.size() <= limits_.max_pong_backlog) {
        append_user_control(output_, UserControl::ping_response, event->data.first(kPingSize));
    }
    return {};
}

Result MessageLayer::on_amf3_command(Message const& message) {
    // Clients with object encoding 3 put a zero byte before plain AMF0; real AMF3 is in no
    // encoder's commands.
    auto const body = message.body.view();
    if (body[0] != 0) return fail(ErrorCode::message, "AMF3 commands are not supported");
    return on_command_body(body.subspan(1));
}

Result MessageLayer::on_command_body(base::ByteView body) {
    if (body.size() > limits_.max_command_bytes) {
        return fail(ErrorCode::limit,
                    "command is too big: " + std::to_string(body.size()) + " bytes");
    }
    if (++commands_ > limits_.max_commands) return fail(ErrorCode::limit, "too many commands");
    auto command = read_command(body);
    if (!command) return std::unexpected(std::move(command.error()));
    if (auto const done = handler_->on_command(std::move(*command)); !done) return done;
    if (output_.size() > limits_.max_output_bytes) {
        return fail(ErrorCode::limit, "the peer does not read its replies");
    }
    return {};
}

void MessageLayer::on_data(base::ByteView body, std::uint32_t timestamp) {
    // The stream works without metadata, so what cannot be read is ignored.
    if (body.size() > limits_.max_metadata_bytes) return;
    amf0::Reader reader(body);
    auto const kind = kind_of(reader);
    if (kind == Data::other || reader.done()) return;
    if (kind == Data::text) {
        if (body.size() <= kMaxTextData) on_text(reader, timestamp);
        return;
    }
    if (auto const value = reader.next(); value && value->object() != nullptr) {
        handler_->on_metadata_message(read_metadata(*value));
    }
}

// A caption belongs to media, and has no place before there is any.
void MessageLayer::on_text(amf0::Reader& reader, std::uint32_t timestamp) {
    auto const value = reader.next();
    if (!value || !timestamps_.begun()) return;
    auto const start = media::from_milliseconds(timestamps_.nearest(timestamp));
    if (auto caption = read_caption(*value, start))
        handler_->on_caption_message(*std::move(caption));
}

Result MessageLayer::on_aggregate(Message const& message) {
    auto parts = split_aggregate(message, limits_.max_aggregate_parts);
    if (!parts) return std::unexpected(std::move(parts.error()));
    for (auto& part : *parts) {
        if (part.body.empty()) continue;
        if (part.type == MessageType::audio || part.type == MessageType::video) {
            on_media(std::move(part));
        } else if (part.type == MessageType::data_amf0) {
            on_data(part.body.view(), part.timestamp);
        }
    }
    return {};
}

void MessageLayer::on_media(Message&& message) {
    handler_->on_media_message({message.type == MessageType::video,
                                timestamps_.unwrap(message.timestamp), std::move(message.body)});
}

void MessageLayer::acknowledge_when_due() {
    if (ack_window_ == 0 || received_ - acknowledged_ < ack_window_) return;
    if (output_.size() > limits_.max_pong_backlog) return;  // a later one covers it
    acknowledge();
}

void MessageLayer::acknowledge() {
    acknowledged_ = received_;
    append_control(output_, MessageType::acknowledgement, static_cast<std::uint32_t>(received_));
}

}  // namespace tidegate::rtmp
