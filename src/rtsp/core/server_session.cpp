#include "rtsp/core/server_session.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {

namespace {

// Whether a CSeq is a number, with or without a sign. It is repeated as the client wrote it.
bool is_number(std::string_view text) {
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && text.size() <= 20 && std::ranges::all_of(text, is_digit);
}

}  // namespace

// Passes on to the session what the reader found, and stops the reader while a request waits for
// the caller's answer.
class ServerSession::Reader final : public MessageSink {
public:
    Reader(ServerSession& session, ServerSink& sink) : session_(session), sink_(sink) {}

    Flow on_request(Request&& request) override {
        session_.handle(std::move(request), sink_);
        return flow();
    }
    Flow on_response(Response&&) override { return Flow::go_on; }  // we send clients no requests
    Flow on_frame(std::uint8_t channel, base::ByteView payload) override {
        session_.frame(channel, payload, sink_);
        return flow();
    }

private:
    Flow flow() const { return session_.waiting() || session_.closing_ ? Flow::stop : Flow::go_on; }

    ServerSession& session_;
    ServerSink& sink_;
};

ServerSession::ServerSession(ServerSettings settings) : settings_(std::move(settings)) {
    reader_.allow(base::kMaxEarlyBytes);
}

void ServerSession::set_authorized() {
    if (std::exchange(authorized_, true)) return;
    reader_.allow(kMaxHead + kMaxBody);
}

void ServerSession::feed(base::ByteView bytes, ServerSink& sink) {
    if (closing_) return;
    if (waiting()) return hold(bytes);
    base::Bytes held = std::exchange(backlog_, {});
    if (!held.empty()) {
        held.insert(held.end(), bytes.begin(), bytes.end());
        bytes = held;
    }
    Reader reader(*this, sink);
    auto const used = reader_.feed(bytes, reader);
    if (!used) return fail_parsing(used.error());
    if (!closing_) hold(bytes.subspan(*used));
}

// Keeps what came behind a request that waits for its answer.
void ServerSession::hold(base::ByteView bytes) {
    auto const most =
        authorized_ ? kMaxBacklog
                    : base::kMaxEarlyBytes - std::min(base::kMaxEarlyBytes, request_.body.size());
    if (backlog_.size() + bytes.size() > most) {
        closing_ = true;
        reason_ = "client sent too much without waiting for an answer";
        return;
    }
    backlog_.insert(backlog_.end(), bytes.begin(), bytes.end());
}

void ServerSession::fail_parsing(ParseError error) {
    cseq_ = reader_.failed_cseq();
    refuse(400, describe(error));
}

void ServerSession::frame(std::uint8_t channel, base::ByteView payload, ServerSink& sink) {
    if (state_ == ServerState::playing || state_ == ServerState::recording) {
        for (auto const& setup : setups_) {
            if (channel != setup.channel && channel != setup.channel + 1) continue;
            return sink.on_packet(setup.track, channel != setup.channel, payload);
        }
    }
    ++stray_frames_;
    // After PAUSE, and before the answer to PLAY has arrived, the client still sends its reports.
    if (!session_id_.empty()) return;
    closing_ = true;
    reason_ = "interleaved frame without a session";
}

void ServerSession::handle(Request&& request, ServerSink& sink) {
    request_ = std::move(request);
    ++requests_;
    auto const cseq = request_.headers.get("CSeq");
    bool const valid = is_number(cseq);
    cseq_ = valid ? cseq : std::string_view{};
    if (!valid) return refuse(400, "CSeq is missing or not a number");
    if (auto const agent = request_.headers.get("User-Agent"); !agent.empty()) user_agent_ = agent;
    dispatch(sink);
}

void ServerSession::dispatch(ServerSink& sink) {
    struct Method {
        std::string_view name;
        void (ServerSession::*handler)(ServerSink&);
        bool needs_session;  // without its header: 501
    };
    static constexpr Method kMethods[] = {
        {"OPTIONS", &ServerSession::on_options, false},
        {"DESCRIBE", &ServerSession::on_describe, false},
        {"ANNOUNCE", &ServerSession::on_announce, false},
        {"SETUP", &ServerSession::on_setup, false},
        {"PLAY", &ServerSession::on_play, true},
        {"RECORD", &ServerSession::on_record, true},
        {"PAUSE", &ServerSession::on_pause, true},
        {"TEARDOWN", &ServerSession::on_teardown, true},
        {"GET_PARAMETER", &ServerSession::on_parameter, true},
        {"SET_PARAMETER", &ServerSession::on_parameter, true},
    };
    auto const known = std::ranges::find(kMethods, request_.method, &Method::name);
    if (known == std::end(kMethods)) return on_unsupported(sink);
    if (known->needs_session && request_.headers.get("Session").empty())
        return on_unsupported(sink);
    if (!check_session()) return;
    (this->*known->handler)(sink);
}

bool ServerSession::session_matches(std::string_view given) const {
    return !given.empty() && (given == session_id_ || given == own_session_);
}

// A Session header must name this connection's session; DESCRIBE and OPTIONS need none. Some
// clients name one of their own before they have one, and may go on with that name: a connection
// has one session at most, so nothing else can be meant.
bool ServerSession::check_session() {
    auto const header = request_.headers.get("Session");
    auto const given = parse_session(header).id;
    bool const creates = request_.method == "SETUP" || request_.method == "ANNOUNCE";
    if (header.empty() || request_.method == "DESCRIBE" || request_.method == "OPTIONS") {
        return true;
    }
    if (session_id_.empty() && creates) {
        own_session_ = given;
        return true;
    }
    if (session_matches(given)) return true;
    if (session_id_.empty() || !creates) {
        refuse(454, "session id is not this connection's");
    } else {
        refuse(400, "connection has another session");
    }
    return false;
}

}  // namespace tidegate::rtsp
