#include "rtmp/core/server_session.hpp"

#include <array>

#include "base/limits.hpp"
#include "rtmp/core/server_replies.hpp"
#include "rtmp/core/stream_address.hpp"

namespace tidegate::rtmp {

// The limits of a hook's body are computed from this one.
static_assert(Limits{}.max_address_bytes == base::kMaxAddressBytes);

namespace {

bool asks_for_authmod(std::string_view url) {
    auto const mark = url.find('?');
    return mark != std::string_view::npos && query_has(url.substr(mark + 1), "authmod");
}

// The complaint about a missing argument, and why it could not be read when the client did send it.
std::string missing(std::string text, Command const& command) {
    return command.unread.empty() ? std::move(text) : text + ": " + command.unread;
}

// Whether deleteStream is about another stream. Its argument should be a number, but rtmp2sink
// sends a string and others send nothing. Only a number other than ours means another stream.
bool names_other_stream(Command const& command) {
    if (command.arguments.empty()) return false;
    auto const number = command.arguments[0].number();
    return number && amf0::to_u32(*number) != 1U;
}

}  // namespace

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
    // It counts until the peer is let in: the caller keeps the message so long.
    messages_.count_early(message.body.size());
    sink_->on_media(std::move(message));
}

void ServerSession::on_metadata_message(Metadata&& metadata) {
    if (state_ == State::publishing) sink_->on_metadata(std::move(metadata));
}

void ServerSession::on_caption_message(media::Caption&& caption) {
    if (state_ == State::publishing) sink_->on_caption(std::move(caption));
}

void ServerSession::accept_publish() {
    messages_.set_authorized(true);
    append_status(output_, stream_transaction_,
                  {"status", "NetStream.Publish.Start", "publish start"});
}

void ServerSession::accept_play(media::Tracks const& tracks, Metadata const& published,
                                std::optional<std::vector<std::size_t>> const& chosen) {
    messages_.set_authorized(true);
    append_play_start(output_, stream_transaction_, numbered_tracks(tracks, chosen), published);
}

void ServerSession::reject(std::string_view code, std::string_view description) {
    append_status(output_, stream_transaction_, {"error", code, description});
    state_ = State::closed;
}

// The commands (RTMP 1.0 §7.2), a method each. Unknown ones, and those that MediaMTX leaves
// unanswered (releaseStream, FCPublish, FCSubscribe, getStreamLength, _checkbw, pause ...), have no
// effect: FFmpeg, OBS, librtmp and GStreamer do not wait for a reply to them.
ServerSession::Method ServerSession::find_method(std::string_view name) {
    static constexpr std::array<Entry, 7> kMethods = {{
        {"connect", &ServerSession::connect},
        {"createStream", &ServerSession::create_stream},
        {"publish", &ServerSession::publish},
        {"play", &ServerSession::play},
        {"deleteStream", &ServerSession::delete_stream},
        {"closeStream", &ServerSession::close_stream},
        {"FCUnpublish", &ServerSession::close_stream},
    }};
    for (auto const& entry : kMethods) {
        if (entry.name == name) return entry.method;
    }
    return nullptr;
}

Result ServerSession::on_command(Command&& command) {
    if (state_ == State::closed) return {};
    if (state_ == State::connecting && command.name != "connect") {
        return fail(ErrorCode::state, "the first command is not connect");
    }
    auto const method = find_method(command.name);
    return method == nullptr ? Result{} : (this->*method)(command);
}

Result ServerSession::connect(Command const& command) {
    if (state_ != State::connecting) return refuse_connect(command, "connect was sent twice");
    auto const* const object = command.object.object();
    if (object == nullptr) {
        return refuse_connect(command, missing("connect has no command object", command));
    }
    read_connect_object(*object);
    if (app_.empty() && tc_url_.empty()) {
        return refuse_connect(command, "connect names neither app nor tcUrl");
    }
    if (app_.size() > limits_.max_address_bytes || tc_url_.size() > limits_.max_address_bytes) {
        return refuse_connect(command, "app or tcUrl is too long");
    }
    if (asks_for_authmod(app_) || asks_for_authmod(tc_url_)) {
        return refuse_connect(command,
                              "this way of login is not supported: append ?user=...&pass=... to "
                              "the stream key");
    }
    append_connect_result(output_, command.transaction_id);
    state_ = State::connected;
    return {};
}

Result ServerSession::refuse_connect(Command const& command, std::string text) {
    append_connect_error(output_, command.transaction_id, text);
    return fail(ErrorCode::refused, std::move(text));
}

void ServerSession::read_connect_object(amf0::Object const& object) {
    app_ = object.text("app");
    tc_url_ = object.text("tcUrl");
    if (tc_url_.empty()) tc_url_ = object.text("tcurl");
    flash_version_ = object.text("flashVer");
    auto const* const list = object.find("fourCcList");
    if (list == nullptr || list->array() == nullptr) return;
    for (auto const& element : list->array()->elements) {
        if (element.string() != nullptr) abilities_.fourccs.push_back(*element.string());
    }
    // Clients of the first version of Enhanced RTMP do not send capsEx. MediaMTX takes a list of
    // codecs for the ability to read several tracks, and so do we then.
    auto const* const caps = object.find("capsEx");
    auto const flags = caps == nullptr ? std::nullopt : caps->number();
    bool const says_no = flags && (amf0::to_u32(*flags).value_or(0) & kCapsMultitrack) == 0;
    abilities_.several_tracks = !abilities_.fourccs.empty() && !says_no;
}

Result ServerSession::create_stream(Command const& command) {
    if (++created_streams_ > limits_.max_created_streams) {
        return fail(ErrorCode::limit, "too many streams created");
    }
    append_create_stream_result(output_, command.transaction_id);
    return {};
}

Result ServerSession::publish(Command const& command) {
    PublishRequest request;
    if (auto const begun = begin_stream(command, request); !begun) return begun;
    if (auto const* const type = command.string_argument(1)) request.publish_type = *type;
    state_ = State::publishing;
    sink_->on_publish(std::move(request));
    return {};
}

Result ServerSession::play(Command const& command) {
    PlayRequest request;
    if (auto const begun = begin_stream(command, request); !begun) return begun;
    request.abilities = abilities_;
    state_ = State::playing;
    sink_->on_play(std::move(request));
    return {};
}

// The common part of publish and play: only one stream at a time, and it needs a key.
Result ServerSession::begin_stream(Command const& command, StreamRequest& request) {
    auto const refuse = [&](std::string text) {
        auto const code =
            command.name == "publish" ? "NetStream.Publish.BadName" : "NetStream.Play.Failed";
        append_status(output_, command.transaction_id, {"error", code, text});
        return fail(ErrorCode::state, std::move(text));
    };
    if (state_ != State::connected) return refuse("the connection has a stream already");
    auto const* const key = command.string_argument(0);
    if (key == nullptr) return refuse(missing(command.name + " has no stream key", command));
    if (key->size() > limits_.max_address_bytes) return refuse("the stream key is too long");
    stream_transaction_ = command.transaction_id;
    auto address = make_stream_address(tc_url_, app_, *key);
    if (address.query.size() > base::kMaxQueryBytes) return refuse("the query is too long");
    auto credentials = read_query_credentials(address.query);
    auto const in_query = !credentials.user.empty();
    request.path = std::move(address.path);
    request.query = std::move(address.query);
    request.user_agent = flash_version_;
    request.app = app_;
    request.tc_url = tc_url_;
    request.key = *key;
    request.remote_user = in_query ? std::move(credentials.user) : std::move(address.user);
    request.remote_password =
        in_query ? std::move(credentials.password) : std::move(address.password);
    request.token = std::move(credentials.token);
    return {};
}

Result ServerSession::delete_stream(Command const& command) {
    return names_other_stream(command) ? Result{} : close_stream(command);
}

Result ServerSession::close_stream(Command const&) {
    // Some encoders close before they publish: there is nothing to close then.
    if (state_ != State::publishing && state_ != State::playing) return {};
    state_ = State::connected;  // encoders may publish again on the same connection
    created_streams_ = 0;
    sink_->on_stream_closed();
    return {};
}

}  // namespace tidegate::rtmp
