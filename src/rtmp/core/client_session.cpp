#include "rtmp/core/client_session.hpp"

#include <array>

#include "rtmp/core/media_message.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::rtmp {

namespace {

constexpr std::uint32_t kStreamCommandChunkStream = 8;

// What we can read and, when publishing, write.
constexpr std::array<char const*, 10> kFourCcs = {"avc1", "hvc1", "av01", "vp09", "mp4a",
                                                  "Opus", ".mp3", "ac-3", "ec-3", "fLaC"};

// The buffer that a player announces: a hint to the server that it wants little delay.
constexpr std::uint32_t kBufferMilliseconds = 100;

// The first object among the arguments: the information object of _result, _error and onStatus. An
// empty one when there is none.
amf0::Object const& information_of(Command const& command) {
    static amf0::Object const none;
    for (auto const& argument : command.arguments) {
        if (argument.object() != nullptr) return *argument.object();
    }
    return none;
}

bool ends_stream(std::string_view code) {
    return code == "NetStream.Play.UnpublishNotify" || code == "NetStream.Play.Stop" ||
           code == "NetStream.Play.Complete" || code == "NetStream.Unpublish.Success";
}

}  // namespace

ClientSession::ClientSession(ClientUrl url, ClientMode mode, std::uint64_t seed,
                             Limits const& limits, std::uint32_t chunk_size, std::string program)
    : url_(std::move(url)),
      mode_(mode),
      program_(std::move(program)),
      handshake_(seed),
      messages_(limits, output_),
      wanted_chunk_size_(chunk_size) {
    if (url_.login == LoginForm::in_query) add_credentials_to_query(url_);
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

// The commands, in FFmpeg's order: connect, releaseStream, FCPublish, createStream, publish; or
// connect, createStream, play. Then what the server's answers mean.
void ClientSession::send(Command const& command, std::uint32_t message_stream_id) {
    auto const chunk_stream =
        message_stream_id == 0 ? kCommandChunkStream : kStreamCommandChunkStream;
    append_message(output_, {MessageType::command_amf0, chunk_stream, message_stream_id, 0},
                   write_command(command), chunk_size_);
}

void ClientSession::send_connect() {
    if (wanted_chunk_size_ != chunk_size_) {
        append_control(output_, MessageType::set_chunk_size, wanted_chunk_size_);
        chunk_size_ = wanted_chunk_size_;
    }
    amf0::StrictArray fourccs;
    for (auto const* const fourcc : kFourCcs) fourccs.elements.emplace_back(fourcc);
    std::string const version = mode_ == ClientMode::publish ? "FMLE/3.0" : "LNX 9,0,124,2";
    auto object = amf0::Object{}
                      .with("app", url_.app + url_.login_query)
                      .with("type", "nonprivate")
                      .with("flashVer", version + " (compatible; " + program_ + ")")
                      .with("tcUrl", url_.tc_url + url_.login_query)
                      .with("fourCcList", std::move(fourccs))
                      .with("capsEx", double{kCapsMultitrack});
    awaited_ = ++last_transaction_;
    send({"connect", awaited_, std::move(object), {}}, 0);
}

void ClientSession::send_create_stream() {
    if (mode_ == ClientMode::publish) {
        send({"releaseStream", ++last_transaction_, amf0::Null{}, {url_.key}}, 0);
        send({"FCPublish", ++last_transaction_, amf0::Null{}, {url_.key}}, 0);
    }
    awaited_ = ++last_transaction_;
    send({"createStream", awaited_, amf0::Null{}, {}}, 0);
}

void ClientSession::send_request() {
    if (mode_ == ClientMode::publish) {
        send({"publish", ++last_transaction_, amf0::Null{}, {url_.key, "live"}},
             message_stream_id_);
        return;
    }
    send({"play", ++last_transaction_, amf0::Null{}, {url_.key}}, message_stream_id_);
    base::Bytes data;
    base::ByteWriter writer(data);
    writer.u32(message_stream_id_);
    writer.u32(kBufferMilliseconds);
    append_user_control(output_, UserControl::set_buffer_length, data);
}

Result ClientSession::on_command(Command&& command) {
    if (state_ == State::closed) return {};
    if (command.name == "_result") return on_result(command);
    if (command.name == "_error") on_error(command);
    if (command.name == "onStatus") on_status(command);
    if (command.name == "close") reject(information_of(command));
    return {};
}

Result ClientSession::on_result(Command const& command) {
    // Answers to other commands, such as releaseStream, are ignored; so is a NaN, which equals
    // nothing.
    if (command.transaction_id != awaited_) return {};
    if (state_ == State::connecting) {
        state_ = State::creating;
        send_create_stream();
    } else if (state_ == State::creating) {
        auto const number =
            command.arguments.empty() ? std::nullopt : command.arguments[0].number();
        auto const id = number ? amf0::to_u32(*number) : std::nullopt;
        if (!id) return fail(ErrorCode::message, "createStream's answer has no stream id");
        message_stream_id_ = *id;
        state_ = State::asking;
        send_request();
    }
    return {};
}

void ClientSession::on_error(Command const& command) {
    // Many servers answer releaseStream and FCPublish with an error that means nothing.
    if (command.transaction_id == awaited_ && state_ <= State::creating) {
        reject(information_of(command));
    }
}

void ClientSession::on_status(Command const& command) {
    auto const& information = information_of(command);
    auto const code = information.text("code");
    if (information.text("level") == "error") return reject(information);
    auto const* const awaited =
        mode_ == ClientMode::publish ? "NetStream.Publish.Start" : "NetStream.Play.Start";
    if (state_ == State::asking && code == awaited) {
        state_ = State::streaming;
        sink_->on_accepted();
    } else if (state_ == State::streaming && ends_stream(code)) {
        state_ = State::closed;
        sink_->on_stream_closed();
    }
}

void ClientSession::reject(amf0::Object const& information) {
    state_ = State::closed;
    sink_->on_rejected(information.text("code"), information.text("description"));
}

void ClientSession::finish() {
    if (state_ != State::asking && state_ != State::streaming) return;
    state_ = State::closed;
    if (mode_ == ClientMode::publish) {
        send({"FCUnpublish", ++last_transaction_, amf0::Null{}, {url_.key}}, 0);
    }
    send({"deleteStream", ++last_transaction_, amf0::Null{}, {double(message_stream_id_)}}, 0);
}

}  // namespace tidegate::rtmp
