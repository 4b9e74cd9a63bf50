#include "sts/core/server_session.hpp"

#include <algorithm>
#include <utility>

#include "sts/core/json_fields.hpp"

namespace tidegate::sts {

namespace {

using Kind = SessionEnd::Kind;

// As many fragments are remembered by their id; a client that sends one again does it at once.
constexpr std::size_t kRememberedIds = 100;
// The statistics' percentile is that of so many answers at most.
constexpr std::size_t kRememberedTimes = 1000;
// §5.8: stream:complete waits no longer for the last answers.
constexpr std::chrono::milliseconds kLongestDrain{30'000};
constexpr std::chrono::milliseconds kLongestFragment{60'000};

bool is_between(std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
}

// §5.1: what is wrong with a stream's settings; empty: nothing.
std::string problem_of(StreamConfig const& config) {
    if (config.stream_id.empty()) return "stream_id is required";
    if (config.worker_id.empty()) return "worker_id is required";
    if (config.source_language.empty() || config.target_language.empty()) {
        return "config.source_language and config.target_language are required";
    }
    if (!is_between(config.max_in_flight, 1, kMostInFlight)) return "max_inflight must be 1 to 10";
    if (!is_between(config.timeout.count(), 1000, 30'000)) {
        return "timeout_ms must be 1000 to 30000";
    }
    if (!is_between(config.chunk_duration.count(), 100, 10'000)) {
        return "config.chunk_duration_ms must be 100 to 10000";
    }
    if (!is_between(config.sample_rate, 8000, 96'000)) {
        return "config.sample_rate_hz must be 8000 to 96000";
    }
    if (!is_between(config.channels, 1, 2)) return "config.channels must be 1 or 2";
    if (config.format != kFormatAac && config.format != kFormatPcm) {
        return "config.format must be m4a or pcm_s16le";
    }
    return {};
}

std::string open_text(ServerPolicy const& policy, std::string const& id) {
    return R"({"sid":")" + id + R"(","upgrades":[],"pingTimeout":)" +
           std::to_string(policy.ping_timeout.count()) + R"(,"pingInterval":)" +
           std::to_string(policy.ping_interval.count()) + R"(,"maxPayload":)" +
           std::to_string(kMaxMessageBytes) + "}";
}

// Takes as long for a token that is nearly right as for any other.
bool has_token(std::string_view data, std::string_view token) {
    auto const value = parse_json(data);
    auto const said = value ? Fields(&*value).text("token").value_or("") : std::string();
    unsigned difference = said.size() == token.size() ? 0 : 1;
    for (std::size_t i = 0; i < said.size() && i < token.size(); ++i) {
        difference |= static_cast<unsigned char>(said[i]) ^ static_cast<unsigned char>(token[i]);
    }
    return difference == 0;
}

double percentile_95(std::vector<double> times) {
    if (times.empty()) return 0;
    auto const at = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) * 95 / 100);
    std::ranges::nth_element(times, at);
    return *at;
}

}  // namespace

ServerSession::ServerSession(ServerPolicy const& policy, std::function<std::string()> new_id,
                             Now now)
    : policy_(policy),
      new_id_(std::move(new_id)),
      allowance_(now.time),
      deadline_(now.time + policy.idle),
      next_ping_(now.time + policy.ping_interval) {
    auto const text = open_text(policy_, new_id_());
    output_.push_back(write_plain({.kind = PacketKind::open, .data = text}));
}

void ServerSession::close(Kind kind, std::string reason) {
    if (!end_) end_ = SessionEnd{kind, std::move(reason)};
}

void ServerSession::disconnect(std::string reason) {
    if (end_) return;
    output_.push_back(write_plain({.kind = PacketKind::disconnect}));
    close(Kind::complete, std::move(reason));
}

void ServerSession::check(Now now) {
    if (end_) return;
    if (pong_deadline_ && now.time >= *pong_deadline_) {
        return close(Kind::lost, "the client does not answer pings");
    }
    if (now.time >= next_ping_) {
        next_ping_ = now.time + policy_.ping_interval;
        pong_deadline_ = now.time + policy_.ping_timeout;
        output_.push_back(write_plain({.kind = PacketKind::ping}));
    }
    if (!deadline_ || now.time < *deadline_) return;
    if (state_ == State::ending) {
        pending_.clear();
        return try_to_complete(now);
    }
    disconnect(state_ == State::completed ? "the stream is complete" : "no stream for too long");
}

void ServerSession::on_message(std::string_view text, Now now, ServerSink& sink) {
    if (end_) return;
    if (!allowance_.take_message(text.size(), now.time)) {
        return close(Kind::hostile, "the client sends too much");
    }
    auto const packet = parse_packet(text);
    if (!packet) return close(Kind::hostile, packet.error());
    on_packet(*packet, now, sink);
}

void ServerSession::on_packet(Packet const& packet, Now now, ServerSink& sink) {
    pong_deadline_.reset();  // any sign of life will do
    if (packet.kind >= PacketKind::connect && packet.name_space != "/") {
        if (packet.kind == PacketKind::connect) {
            output_.push_back(write_plain({.kind = PacketKind::connect_error,
                                           .name_space = packet.name_space,
                                           .data = R"({"message":"unknown namespace"})"}));
        }
        return;
    }
    switch (packet.kind) {
        case PacketKind::ping:
            output_.push_back(write_plain({.kind = PacketKind::pong, .data = packet.data}));
            return;
        case PacketKind::connect:
            return on_connect(packet.data);
        case PacketKind::close:
        case PacketKind::disconnect:
            return close(Kind::complete, "the client ended the session");
        case PacketKind::event:
            if (state_ == State::opening) return close(Kind::hostile, "an event before connect");
            return on_event(packet, now, sink);
        default:
            return;
    }
}

void ServerSession::on_connect(std::string_view data) {
    if (state_ != State::opening) return;
    if (!policy_.token.empty() && !has_token(data, policy_.token)) {
        output_.push_back(write_plain(
            {.kind = PacketKind::connect_error, .data = R"({"message":"wrong token"})"}));
        return close(Kind::refused, "a client without the token");
    }
    state_ = State::connected;
    auto const text = R"({"sid":")" + new_id_() + R"("})";
    output_.push_back(write_plain({.kind = PacketKind::connect, .data = text}));
}

void ServerSession::on_event(Packet const& packet, Now now, ServerSink& sink) {
    auto event = read_client_event(packet.data);
    if (!event) return close(Kind::hostile, event.error());
    if (packet.id) {
        output_.push_back(write_plain({.kind = PacketKind::ack, .id = packet.id, .data = "[]"}));
    }
    if (auto* const data = std::get_if<FragmentData>(&*event)) {
        on_data(std::move(*data), now, sink);
    } else if (auto const* const init = std::get_if<StreamInit>(&*event)) {
        on_init(*init, now);
    } else if (std::holds_alternative<StreamPause>(*event)) {
        if (state_ == State::active) state_ = State::paused;
    } else if (std::holds_alternative<StreamResume>(*event)) {
        if (state_ == State::paused) state_ = State::active;
    } else if (std::holds_alternative<StreamEnd>(*event)) {
        on_end(now);
    } else if (auto* const simulation = std::get_if<ErrorSimulation>(&*event)) {
        if (!policy_.test_events) return;
        output_.push_back(write_simulation_ack(*simulation));
        if (simulation->problem.empty()) sink.on_error_simulation(std::move(*simulation));
    } else if (auto const* const disconnection = std::get_if<SimulateDisconnect>(&*event)) {
        if (!policy_.test_events) return;
        output_.push_back(write_disconnect_ack(now.unix_ms + disconnection->delay.count()));
        sink.on_simulate_disconnect(*disconnection);
    }
}

void ServerSession::send_error(ServiceError error) {
    output_.push_back(write_error(config_.stream_id, error));
}

void ServerSession::on_init(StreamInit const& init, Now) {
    auto problem = state_ == State::connected ? problem_of(init.config)
                                              : "this connection has a stream already";
    if (!problem.empty()) {
        return send_error({.code = "INVALID_CONFIG", .message = std::move(problem)});
    }
    config_ = init.config;
    limit_ = std::min(config_.max_in_flight, policy_.max_in_flight);
    state_ = State::active;
    deadline_.reset();
    output_.push_back(write_ready({config_.stream_id, new_id_(), limit_}));
}

// Why a fragment is not taken; nullopt: it is.
std::optional<ServiceError> ServerSession::refusal(FragmentData const& data) const {
    auto const error = [&](std::string code, std::string message) {
        return ServiceError{.fragment_id = data.fragment_id,
                            .code = std::move(code),
                            .message = std::move(message)};
    };
    if (state_ == State::paused) return error("STREAM_PAUSED", "the stream is paused");
    if (state_ != State::active) return error("STREAM_NOT_FOUND", "no stream takes fragments");
    if (data.stream_id != config_.stream_id) {
        return error("STREAM_NOT_FOUND", "the stream of this connection has another id");
    }
    if (data.fragment_id.empty()) return error("INVALID_CONFIG", "fragment_id is required");
    if (data.sequence_number != next_sequence_) {
        return error("INVALID_SEQUENCE",
                     "expected sequence_number " + std::to_string(next_sequence_));
    }
    if (std::ranges::find(last_ids_, data.fragment_id) != last_ids_.end()) {
        return error("INVALID_SEQUENCE", "this fragment_id was sent before");
    }
    if (data.too_large) return error("FRAGMENT_TOO_LARGE", "the sound has more than 10 MB");
    auto const& audio = data.audio;
    if (audio.base64.empty() || !is_between(audio.sample_rate, 8000, 96'000) ||
        !is_between(audio.channels, 1, 2) || audio.duration > kLongestFragment ||
        (audio.format != kFormatAac && audio.format != kFormatPcm)) {
        return error("INVALID_AUDIO_FORMAT", "the sound is not as the protocol has it");
    }
    return std::nullopt;
}

void ServerSession::on_data(FragmentData&& data, Now now, ServerSink& sink) {
    if (auto refused = refusal(data)) {
        // The client's next one has the next number, so this one counts as seen.
        if (refused->code == "FRAGMENT_TOO_LARGE" || refused->code == "INVALID_AUDIO_FORMAT") {
            ++next_sequence_;
        }
        return send_error(std::move(*refused));
    }
    ++next_sequence_;
    last_ids_.push_back(data.fragment_id);
    if (last_ids_.size() > kRememberedIds) last_ids_.pop_front();
    auto const bytes = data.audio.base64.size();
    if (pending_.size() >= policy_.queue || pending_bytes_ + bytes > policy_.buffer) {
        return send_error({.fragment_id = data.fragment_id,
                           .code = "QUEUE_FULL",
                           .message = "too many fragments wait"});
    }
    pending_.emplace(data.fragment_id,
                     Pending{data.sequence_number, bytes, now.time, data.audio.duration});
    pending_bytes_ += bytes;
    ++totals_.fragments;
    totals_.duration += data.audio.duration;
    output_.push_back(write_ack({data.fragment_id, "queued"}, now.unix_ms));
    say_backpressure();
    sink.on_fragment(std::move(data));
}

void ServerSession::say_backpressure() {
    if (!policy_.backpressure || limit_ == 0) return;
    auto const load = static_cast<double>(pending_.size()) / limit_;
    Backpressure now{.severity = "low"};
    if (load >= policy_.high) {
        now = {BackpressureAction::pause, "high", 1000ms};
    } else if (load >= policy_.medium) {
        now = {BackpressureAction::slow_down, "medium", 500ms};
    }
    bool const presses = now.action != BackpressureAction::none;
    // Clearing is said once; `low` tells what comes near.
    if (!presses && !pressed_ && load < policy_.low) return;
    pressed_ = presses;
    output_.push_back(write_backpressure(
        {config_.stream_id, std::move(now), static_cast<std::uint32_t>(pending_.size())}));
}

void ServerSession::finish_one(std::map<std::string, Pending>::iterator pending, Now now) {
    pending_bytes_ -= pending->second.bytes;
    pending_.erase(pending);
    say_backpressure();
    if (state_ == State::ending) try_to_complete(now);
}

void ServerSession::answer(ProcessedAnswer&& answer, Now now) {
    auto const pending = pending_.find(answer.fragment_id);
    if (pending == pending_.end() || end_) return;
    answer.stream_id = config_.stream_id;
    answer.sequence_number = pending->second.sequence;
    auto const taken =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time - pending->second.since);
    answer.processing_time = taken;
    auto& count = answer.status == ProcessedStatus::success   ? totals_.succeeded
                  : answer.status == ProcessedStatus::partial ? totals_.partial
                                                              : totals_.failed;
    ++count;
    sum_ms_ += static_cast<double>(taken.count());
    if (times_ms_.size() < kRememberedTimes)
        times_ms_.push_back(static_cast<double>(taken.count()));
    output_.push_back(write_processed(std::move(answer)));
    finish_one(pending, now);
}

void ServerSession::drop(std::string const& fragment_id, Now now) {
    auto const pending = pending_.find(fragment_id);
    if (pending != pending_.end()) finish_one(pending, now);
}

void ServerSession::on_end(Now now) {
    if (!active()) return send_error({.code = "STREAM_NOT_FOUND", .message = "no stream"});
    state_ = State::ending;
    deadline_ = now.time + std::min(config_.timeout, kLongestDrain);
    try_to_complete(now);
}

void ServerSession::try_to_complete(Now now) {
    if (!pending_.empty()) return;
    auto const answered = totals_.succeeded + totals_.partial + totals_.failed;
    totals_.stream_id = config_.stream_id;
    totals_.average_ms = answered == 0 ? 0 : sum_ms_ / static_cast<double>(answered);
    totals_.p95_ms = percentile_95(times_ms_);
    state_ = State::completed;
    deadline_ = now.time + policy_.auto_disconnect;
    output_.push_back(write_complete(totals_));
}

}  // namespace tidegate::sts
