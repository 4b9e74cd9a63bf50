#include "rtmp/core/server_replies.hpp"

#include "flv/writer.hpp"
#include "rtmp/core/control.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::rtmp {

namespace {

void append_command(base::Bytes& out, std::uint32_t chunk_stream, std::uint32_t message_stream,
                    std::uint32_t chunk_size, Command const& command) {
    append_message(out, {MessageType::command_amf0, chunk_stream, message_stream, 0},
                   write_command(command), chunk_size);
}

amf0::Object status_object(Status const& status) {
    return amf0::Object{}
        .with("level", status.level)
        .with("code", status.code)
        .with("description", status.description);
}

}  // namespace

void append_connect_result(base::Bytes& out, double transaction_id) {
    append_control(out, MessageType::window_ack_size, kWindowAckSize);
    append_peer_bandwidth(out, kWindowAckSize);
    append_control(out, MessageType::set_chunk_size, kOutgoingChunkSize);
    auto properties = amf0::Object{}.with("fmsVer", "LNX 9,0,124,2").with("capabilities", 31.0);
    auto information =
        status_object({"status", "NetConnection.Connect.Success", "Connection succeeded."})
            .with("objectEncoding", 0.0);
    append_command(out, kCommandChunkStream, 0, kOutgoingChunkSize,
                   {"_result", transaction_id, std::move(properties), {std::move(information)}});
}

void append_connect_error(base::Bytes& out, double transaction_id, std::string_view description) {
    append_command(out, kCommandChunkStream, 0, kDefaultChunkSize,
                   {"_error",
                    transaction_id,
                    amf0::Null{},
                    {status_object({"error", "NetConnection.Connect.Rejected", description})}});
}

void append_create_stream_result(base::Bytes& out, double transaction_id) {
    append_command(out, kCommandChunkStream, 0, kOutgoingChunkSize,
                   {"_result", transaction_id, amf0::Null{}, {double{kMessageStream}}});
}

void append_status(base::Bytes& out, double transaction_id, Status const& status) {
    append_command(out, kStatusChunkStream, kMessageStream, kOutgoingChunkSize,
                   {"onStatus", transaction_id, amf0::Null{}, {status_object(status)}});
}

void append_play_start(base::Bytes& out, double transaction_id,
                       std::vector<NumberedTrack> const& tracks, Metadata const& published) {
    append_user_control(out, UserControl::stream_is_recorded, kMessageStream);
    append_user_control(out, UserControl::stream_begin, kMessageStream);
    append_status(out, transaction_id, {"status", "NetStream.Play.Reset", "play reset"});
    append_status(out, transaction_id, {"status", "NetStream.Play.Start", "play start"});
    append_status(out, transaction_id, {"status", "NetStream.Data.Start", "data start"});
    append_status(out, transaction_id,
                  {"status", "NetStream.Play.PublishNotify", "publish notify"});
    append_message(out, {MessageType::data_amf0, kDataChunkStream, kMessageStream, 0},
                   write_metadata(tracks, published), kOutgoingChunkSize);
    for (auto const& [track, id] : tracks) {
        auto const body = flv::write_sequence_header(track, flv::Form::enhanced, id);
        if (body.empty()) continue;
        auto const header = track.kind() == media::Kind::video ? video_header(0) : audio_header(0);
        append_message(out, header, body, kOutgoingChunkSize);
    }
}

}  // namespace tidegate::rtmp
