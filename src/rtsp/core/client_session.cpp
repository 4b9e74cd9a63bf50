#include "rtsp/core/client_session.hpp"

#include <algorithm>

#include "rtsp/core/limits.hpp"
#include "rtsp/core/transport.hpp"

namespace tidegate::rtsp {

// Passes on to the client what the reader found, and stops the reader when the session is over.
class ClientSession::Reader final : public MessageSink {
public:
    Reader(ClientSession& client, ClientSink& sink) : client_(client), sink_(sink) {}

    Flow on_request(Request&& request) override {
        client_.answer_request(request);
        return flow();
    }
    Flow on_response(Response&& response) override {
        client_.response(std::move(response), sink_);
        return flow();
    }
    Flow on_frame(std::uint8_t channel, base::ByteView payload) override {
        client_.frame(channel, payload, sink_);
        return flow();
    }

private:
    Flow flow() const { return client_.state_ == ClientState::over ? Flow::stop : Flow::go_on; }

    ClientSession& client_;
    ClientSink& sink_;
};

ClientSession::ClientSession(ClientSettings settings) : settings_(std::move(settings)) {}

void ClientSession::feed(base::ByteView bytes, ClientSink& sink) {
    if (state_ == ClientState::over) return;
    Reader reader(*this, sink);
    auto const used = reader_.feed(bytes, reader);
    if (!used) fail(0, std::string(describe(used.error())), sink);
}

void ClientSession::frame(std::uint8_t channel, base::ByteView payload, ClientSink& sink) {
    // Servers may send before they answer PLAY. After TEARDOWN nothing is of use.
    if (state_ != ClientState::streaming && state_ != ClientState::starting) return;
    for (auto const& track : tracks_) {
        if (channel != track.channel && channel != track.channel + 1) continue;
        return sink.on_packet(track.track, channel != track.channel, payload);
    }
}

// Servers send few requests to clients, such as OPTIONS as a ping.
void ClientSession::answer_request(Request const& request) {
    Response response;
    response.status = request.method == "OPTIONS" ? 200 : 501;
    if (auto const* const cseq = request.headers.find("CSeq")) response.headers.add("CSeq", *cseq);
    write(response, output_);
}

void ClientSession::send(Kind kind, Request&& request) {
    if (!session_id_.empty()) request.headers.add("Session", session_id_);
    transmit({kind, std::move(request)});
}

void ClientSession::transmit(Sent&& sent) {
    auto request = sent.request;  // the original stays without CSeq and login, for another attempt
    request.headers.add("CSeq", std::to_string(next_cseq_++));
    request.headers.add("User-Agent", settings_.user_agent);
    if (challenge_) {
        auto const cnonce = settings_.new_cnonce ? settings_.new_cnonce() : std::string{};
        auto const answered = answer(*challenge_, {settings_.url.user, settings_.url.password},
                                     request.method, request.url, cnonce);
        request.headers.add("Authorization", write_authorization(answered));
    }
    write(request, output_);
    in_flight_.push_back(std::move(sent));
}

void ClientSession::response(Response&& response, ClientSink& sink) {
    if (response.status < 200) return;  // an interim one
    if (in_flight_.empty()) return fail(0, "response to no request", sink);
    auto sent = std::move(in_flight_.front());
    in_flight_.erase(in_flight_.begin());
    if (response.status == 401 && retry_with_credentials(sent, response)) return;
    if (response.status == 200) return accepted(sent.kind, response, sink);
    // Some servers do not know GET_PARAMETER. Any answer shows that the server is there.
    if (sent.kind == Kind::keep_alive && response.status != 454) return;
    if (sent.kind == Kind::caption) {
        takes_captions_ = false;
        return;
    }
    if (sent.kind == Kind::teardown) return accepted(sent.kind, response, sink);
    auto reason = response.reason.empty() ? std::string(reason_phrase(response.status))
                                          : std::move(response.reason);
    fail(response.status, sent.request.method + ": " + reason, sink);
}

// Repeats the request with an answer to the strongest challenge that we know; false when there is
// none, or when it has been tried already.
bool ClientSession::retry_with_credentials(Sent& sent, Response const& response) {
    if (!settings_.url.has_user || sent.attempts >= kMaxAuthAttempts) return false;
    auto const strength = [](Challenge const& challenge) {
        if (challenge.scheme == Scheme::basic) return 0;
        return challenge.algorithm == DigestAlgorithm::md5 ? 1 : 2;
    };
    std::optional<Challenge> best;
    for (auto const& header : response.headers.list()) {
        if (!equal_ignoring_case(header.name, "WWW-Authenticate")) continue;
        auto offered = parse_challenge(header.value);
        if (offered && (!best || strength(*offered) > strength(*best))) best = std::move(*offered);
    }
    if (!best) return false;
    challenge_ = std::move(best);
    ++sent.attempts;
    transmit(std::move(sent));
    return true;
}

void ClientSession::accepted(Kind kind, Response const& response, ClientSink& sink) {
    switch (kind) {
        case Kind::describe:
            return on_described(response, sink);
        case Kind::announce:
            return set_up_next(sink);
        case Kind::setup:
            return on_set_up(response, sink);
        case Kind::start:
            return on_started(response, sink);
        case Kind::keep_alive:
        case Kind::caption:
            return;
        case Kind::teardown:
            state_ = ClientState::over;
            sink.on_event(TornDown{});
            return;
    }
}

void ClientSession::fail(int status, std::string reason, ClientSink& sink) {
    state_ = ClientState::over;
    sink.on_event(Failed{status, std::move(reason)});
}

std::chrono::seconds ClientSession::keep_alive_interval() const {
    return std::chrono::seconds{std::clamp(timeout_seconds_ / 2, 1, 30)};
}

}  // namespace tidegate::rtsp
