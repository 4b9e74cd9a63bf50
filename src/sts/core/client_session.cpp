#include "sts/core/client_session.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <utility>

#include "sts/core/json_fields.hpp"

namespace tidegate::sts {

namespace {

using Kind = SessionEnd::Kind;

// Errors that will come again until somebody changes the settings of either side (§5.9, §5.11).
constexpr std::array<std::string_view, 4> kRefusals{
    "AUTH_FAILED", "INVALID_CONFIG", "UNSUPPORTED_LANGUAGE", "INVALID_VOICE_PROFILE"};
// Errors after which the service takes no more of this stream's fragments: both sides no longer
// agree on where they are. A new session begins anew.
constexpr std::array<std::string_view, 3> kOutOfStep{"STREAM_NOT_FOUND", "STREAM_NOT_READY",
                                                     "INVALID_SEQUENCE"};

template <std::size_t Size>
bool is_among(std::array<std::string_view, Size> const& codes, std::string_view code) {
    return std::ranges::find(codes, code) != codes.end();
}

std::string described(ServiceError const& error) {
    return error.message.empty() ? error.code : error.code + ": " + error.message;
}

}  // namespace

ClientSession::ClientSession(StreamConfig const& config, std::string_view token, Time now)
    : config_(config), token_(token), allowance_(now), deadline_(now + kReadyDeadline) {}

void ClientSession::close(Kind kind, std::string reason) {
    if (!end_) end_ = SessionEnd{kind, std::move(reason)};
}

std::string_view ClientSession::awaited() const {
    switch (state_) {
        case State::opening:
            return "the open packet";
        case State::connecting:
            return "the answer to connect";
        case State::initializing:
            return "stream:ready";
        default:
            return "stream:complete";
    }
}

void ClientSession::check(Time now) {
    if (end_) return;
    if (deadline_ && now >= *deadline_) {
        // The stream is over in any case.
        auto const kind = state_ == State::finishing ? Kind::complete : Kind::lost;
        close(kind, "the service did not send " + std::string(awaited()) + " in time");
    } else if (ping_deadline_ && now >= *ping_deadline_) {
        close(Kind::lost, "no ping from the service");
    }
}

void ClientSession::on_message(std::string_view text, Now now, ClientSink& sink) {
    if (end_) return;
    if (!allowance_.take_message(text.size(), now.time)) {
        return close(Kind::hostile, "the service sends too much");
    }
    auto const packet = parse_packet(text);
    if (!packet) return close(Kind::hostile, packet.error());
    on_packet(*packet, now, sink);
}

void ClientSession::on_packet(Packet const& packet, Now now, ClientSink& sink) {
    if (state_ == State::opening && packet.kind != PacketKind::open) {
        return close(Kind::hostile, "the service speaks before its open packet");
    }
    if (packet.kind >= PacketKind::connect && packet.name_space != "/") return;  // not ours
    switch (packet.kind) {
        case PacketKind::open:
            return on_open(packet.data, now);
        case PacketKind::ping:
            ping_deadline_ = now.time + open_.ping_interval + open_.ping_timeout;
            output_.push_back(write_plain({.kind = PacketKind::pong, .data = packet.data}));
            return;
        case PacketKind::connect:
            if (state_ != State::connecting) return;
            state_ = State::initializing;
            output_.push_back(write_init(config_));
            return;
        case PacketKind::connect_error:
            return refuse_connect(packet.data);
        case PacketKind::close:
        case PacketKind::disconnect:
            return close(state_ == State::finishing ? Kind::complete : Kind::lost,
                         "the service ended the session");
        case PacketKind::event:
            return on_event(packet, now, sink);
        default:
            return;  // pong, noop, upgrade, acks of events that wanted none, attachments
    }
}

void ClientSession::on_open(std::string_view data, Now now) {
    if (state_ != State::opening) return;
    auto const open = read_open(data);
    if (!open) return close(Kind::hostile, "the open packet: " + open.error());
    open_ = *open;
    ping_deadline_ = now.time + open_.ping_interval + open_.ping_timeout;
    state_ = State::connecting;
    output_.push_back(write_connect(token_));
}

void ClientSession::refuse_connect(std::string_view data) {
    auto const value = parse_json(data);
    auto const text = value ? Fields(&*value).text("message", kMaxText) : std::nullopt;
    close(Kind::refused, "the service refuses the connection: " + text.value_or("no reason"));
}

void ClientSession::on_event(Packet const& packet, Now, ClientSink& sink) {
    if (state_ == State::connecting) return;
    auto event = read_service_event(packet.data);
    if (!event) return close(Kind::hostile, event.error());
    // An event that wants an ack gets one (§4: 421[...] and 431[]).
    if (packet.id) {
        output_.push_back(write_plain({.kind = PacketKind::ack, .id = packet.id, .data = "[]"}));
    }
    if (auto* const ready = std::get_if<StreamReady>(&*event)) {
        on_stream_ready(std::move(*ready), sink);
    } else if (auto* const processed = std::get_if<FragmentProcessed>(&*event)) {
        sink.on_processed(std::move(*processed));
    } else if (auto const* const backpressure = std::get_if<Backpressure>(&*event)) {
        sink.on_backpressure(*backpressure);
    } else if (auto* const error = std::get_if<ServiceError>(&*event)) {
        on_service_error(std::move(*error), sink);
    } else if (std::holds_alternative<StreamComplete>(*event)) {
        // §5.8: it may say so before everything is answered. Who ends the stream waits for that
        // first, so nothing is missing here.
        bool const asked = state_ == State::finishing;
        close(asked ? Kind::complete : Kind::lost,
              asked ? "the stream is complete" : "the service ended the stream");
    } else if (auto* const unknown = std::get_if<UnknownEvent>(&*event)) {
        sink.on_unknown(std::move(*unknown));
    }
}

void ClientSession::on_stream_ready(StreamReady&& ready, ClientSink& sink) {
    if (state_ != State::initializing) return;
    state_ = State::ready;
    deadline_.reset();
    sink.on_ready(std::move(ready));
}

void ClientSession::on_service_error(ServiceError&& error, ClientSink& sink) {
    if (is_among(kRefusals, error.code) && (state_ == State::initializing || error.fatal)) {
        close(Kind::refused, "the service refuses the stream: " + described(error));
    } else if (error.fatal || state_ == State::initializing || is_among(kOutOfStep, error.code)) {
        close(Kind::lost, "the service reports " + described(error));
    }
    sink.on_error(std::move(error));
}

std::int64_t ClientSession::send(FragmentData&& fragment, std::chrono::nanoseconds pts, Now now) {
    fragment.stream_id = config_.stream_id;
    fragment.sequence_number = next_sequence_;
    output_.push_back(write_data(std::move(fragment), now.unix_ms, pts));
    return next_sequence_++;
}

void ClientSession::acknowledge(std::string const& fragment_id, std::string_view status, Now now) {
    if (!end_) output_.push_back(write_ack({fragment_id, std::string(status)}, now.unix_ms));
}

void ClientSession::finish(std::string_view reason, Time now) {
    if (end_ || state_ == State::finishing) return;
    if (state_ != State::ready) return close(Kind::complete, "the stream has ended");
    state_ = State::finishing;
    deadline_ = now + kDrainDeadline;
    output_.push_back(write_end(config_.stream_id, reason));
}

}  // namespace tidegate::sts
