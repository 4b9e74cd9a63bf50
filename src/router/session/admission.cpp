#include "router/session/admission.hpp"

#include <algorithm>
#include <utility>

#include "log/log.hpp"
#include "net/late_answer.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

using Reason = RefusalReason;

std::unexpected<Refusal> refused(Reason reason, std::string message = {}) {
    return std::unexpected(Refusal{reason, std::move(message)});
}

std::unexpected<Refusal> redirected(std::string location) {
    return std::unexpected(Refusal{Reason::redirected, {}, std::move(location)});
}

std::unexpected<Refusal> refused(Paths::Refused&& why) {
    bool const missing = why.why == ReadRefusal::no_stream;
    return refused(missing ? Reason::no_stream : Reason::too_many_readers, std::move(why.message));
}

}  // namespace

Admission::Answer<Admitted> Admission::admit(AdmissionRequest request) {
    auto match = paths_.find(request.auth.path);
    if (!match) co_return refused(Reason::bad_path, match.error());
    auto const decision = co_await decide(request);
    if (!decision) co_return refused(Reason::closing);
    if (decision->result == AuthResult::allowed) {
        co_return Admitted{std::move(request.auth.path), std::move(request.auth.query),
                           std::move(*match)};
    }
    if (decision->result == AuthResult::credentials_missing && request.can_ask) {
        co_return refused(Reason::credentials_missing);
    }
    log::write(log::Level::warn, "auth.failed",
               request.log_prefix + " failed to authenticate: " + decision->why);
    if (!co_await applicant_.wait(auth_pause())) co_return refused(Reason::closing);
    co_return refused(Reason::credentials_wrong, std::string(kAuthenticationFailed));
}

// Nothing when the session closes first.
asio::awaitable<std::optional<AuthDecision>> Admission::decide(AdmissionRequest& request) {
    if (request.proves) {
        auto const passwords = access_.digest_passwords(request.auth);
        auto const proven = std::ranges::find_if(passwords, request.proves);
        if (proven == passwords.end()) co_return AuthDecision{};
        request.auth.password = *proven;
    }
    co_return co_await net::answer_of<AuthDecision>(applicant_, [&](AccessControl::Later later) {
        return access_.check(request.auth, std::move(later));
    });
}

// What is returned is kept until the client has become a reader, so that the path counts as wanted.
// Null when there was nothing to wait for.
Admission::Answer<std::unique_ptr<HeldRequest>> Admission::hold(Admitted const& client) {
    auto request = paths_.hold(client.path, client.query, applicant_.wake());
    if (request == nullptr) co_return request;
    applicant_.on_held(true);
    while (request->held()) {
        if (!co_await applicant_.wait(kHoldCheck)) co_return refused(Reason::closing);
    }
    applicant_.on_held(false);
    if (!request->refusal().empty()) co_return refused(Reason::not_started, request->refusal());
    co_return request;
}

Admission::Answer<ReaderSeat> Admission::read(Admitted client, PeerId reader,
                                              std::optional<WireForm> form) {
    auto const held = co_await hold(client);
    if (!held) co_return std::unexpected(held.error());
    auto seat = ReaderSeat::take(paths_, client.path, std::move(client.match),
                                 std::move(client.query), std::move(reader), form);
    if (!seat) co_return refused(std::move(seat.error()));
    co_return std::move(*seat);
}

Admission::Answer<std::shared_ptr<Stream>> Admission::look(Admitted client) {
    auto const& conf = *client.match.conf;
    if (conf.source == "redirect") co_return redirected(conf.source_redirect);
    auto const held = co_await hold(client);
    if (!held) co_return std::unexpected(held.error());
    if (auto stream = paths_.live(client.path)) co_return stream;
    if (conf.fallback) co_return redirected(*conf.fallback);
    co_return refused(Reason::no_stream, "no stream is available on path '" + client.path + "'");
}

}  // namespace tidegate::router
