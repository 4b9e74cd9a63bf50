// What the router answers to each RTSP request that needs a decision (contract §7.3-7.8).
#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "router/rtsp/session.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

constexpr char kRedescribed[] = "the stream has another configuration, which is to be asked for";

}  // namespace

asio::awaitable<std::optional<AuthDecision>> RtspSession::decide(AuthAction action,
                                                                 rtsp::Target const& target,
                                                                 std::string const& id) {
    AuthRequest request{.action = action,
                        .path = target.path,
                        .query = target.query,
                        .ip = remote_ip(),
                        .protocol = "rtsp",
                        .id = id,
                        .user_agent = target.user_agent};
    if (auto const& presented = target.authorization) {
        if (!core_.offers(presented->scheme)) co_return AuthDecision{};
        request.user = presented->user;
        request.password = presented->password;
        if (presented->scheme == rtsp::Scheme::digest) {
            // The proof tells which of the passwords it was made with.
            auto const passwords = services_.auth.digest_passwords(request);
            auto const proven = std::ranges::find_if(passwords, [&](std::string const& password) {
                return core_.verify({presented->user, password});
            });
            if (proven == passwords.end()) co_return AuthDecision{};
            request.password = *proven;
        }
    }
    co_return co_await answer_of<AuthDecision>([&](AccessControl::Later later) {
        return services_.auth.check(request, std::move(later));
    });
}

asio::awaitable<std::optional<PathMatch>> RtspSession::admit(AuthAction action,
                                                             rtsp::Target const& target,
                                                             std::string const& id) {
    auto match = services_.paths.find(target.path);
    if (!match) {
        core_.bad_request(match.error());
        co_return std::nullopt;
    }
    auto const decision = co_await decide(action, target, id);
    if (!decision) co_return std::nullopt;  // closing
    if (decision->result == AuthResult::allowed) {
        core_.authorised();
        writes().set_reply_limit(net::kMaxReplyBytes);
        co_return std::move(*match);
    }
    if (decision->result == AuthResult::credentials_missing) {
        core_.unauthorized();
        co_return std::nullopt;
    }
    log_conn(log::Level::warn, "auth.failed", "failed to authenticate: " + decision->why);
    co_await pause(auth_pause());
    core_.wrong_credentials();
    co_return std::nullopt;
}

asio::awaitable<bool> RtspSession::hold(Demand const* demand) {
    if (demand == nullptr) co_return true;
    set_read_timeout(std::nullopt);
    while (demand->held()) {
        if (!co_await pause(kHoldCheck)) co_return false;
    }
    set_read_timeout(kRtspIdleTimeout);
    if (demand->refusal().empty()) co_return true;
    core_.bad_request(demand->refusal());
    co_return false;
}

asio::awaitable<void> RtspSession::handle(rtsp::Describe const& request) {
    auto const match = co_await admit(AuthAction::read, request.target, conn_->id());
    if (!match) co_return;
    if (match->conf->source == "redirect") co_return core_.redirect(match->conf->source_redirect);
    auto const demand = services_.paths.demand(request.target.path, request.target.query, waker());
    if (!co_await hold(demand.get())) co_return;
    auto const stream = services_.paths.live(request.target.path);
    if (stream != nullptr) {
        described_ = stream;
        description_ = stream->description();
        co_return core_.describe_ok(*stream->tracks());
    }
    if (match->conf->fallback) co_return core_.redirect(*match->conf->fallback);
    core_.not_found("no stream is available on path '" + request.target.path + "'");
}

asio::awaitable<void> RtspSession::handle(rtsp::Attach const& request) {
    auto id = base::random_uuid();
    auto match = co_await admit(AuthAction::read, request.target, id);
    if (!match) co_return;
    open_session(std::move(id), request.target, *match);
    // Kept until the session has become a reader, so that the path counts as wanted.
    auto const demand = services_.paths.demand(path_, query_, waker());
    if (!co_await hold(demand.get())) {
        if (!closing()) end_session(demand->refusal());
        co_return;
    }
    Endpoint const self{"rtspSession", session_->id()};
    auto const stream = services_.paths.attach(path_, self, WireForm::interleaved_rtp);
    if (!stream) {
        if (stream.error().why == ReadRefusal::no_stream) {
            core_.not_found(stream.error().message);
        } else {
            core_.bad_request(stream.error().message);
        }
        co_return end_session(stream.error().message);
    }
    reader_ = loop().memory().make<RtspReader>(
        RtspReader::Session{session_, writes(), loop().index(),
                            [this] { close_after_writes("terminated"); },
                            [this] { close_after_writes(kRedescribed); }},
        *stream);
    // It hears of changes from here on, and there was none since DESCRIBE.
    if (described_.lock() == *stream && (*stream)->description() != description_) {
        core_.bad_request(kRedescribed);
        co_return end_session(kRedescribed);
    }
    core_.attach_ok(reader_->ssrcs());
}

asio::awaitable<void> RtspSession::handle(rtsp::Play const&) {
    if (!reader_) co_return core_.bad_request("no track has been set up");
    bool const first = read_hooks_ == nullptr;
    auto const positions = reader_->play(core_.setups());
    core_.play_ok(positions);
    if (!first) co_return;
    show_state(ConnState::read);
    media::Tracks chosen;
    auto const tracks = reader_->stream().tracks();
    for (auto const& setup : core_.setups()) chosen.push_back((*tracks)[setup.track]);
    log_session(log::Level::info, "rtsp.reading",
                "is reading from path '" + path_ + "', with TCP, " + describe_tracks(chosen));
    read_hooks_ = services_.paths.start_reading(path_, *match_, {"rtspSession", session_->id()},
                                                query_, session_prefix());
}

asio::awaitable<void> RtspSession::handle(rtsp::Pause const&) {
    if (reader_) reader_->pause();
    if (publisher_) publisher_->end();
    read_hooks_.reset();
    if (session_ != nullptr) show_state(ConnState::idle);
    if (publisher_) set_read_timeout(kRtspIdleTimeout);
    core_.pause_ok();
    co_return;
}

asio::awaitable<void> RtspSession::handle(rtsp::Announce const& request) {
    auto id = base::random_uuid();
    auto match = co_await admit(AuthAction::publish, request.target, id);
    if (!match) co_return;
    open_session(std::move(id), request.target, *match);
    log_what_is_not_carried(request.description);
    publisher_.emplace(services_.paths, path_, std::move(*match), request.description);
    core_.announce_ok();
}

// An encoder that announces more than is carried goes on; the log says what its viewers will miss.
void RtspSession::log_what_is_not_carried(rtsp::SessionDescription const& description) const {
    for (std::size_t i = 0; i < description.medias.size(); ++i) {
        auto const& media = description.medias[i];
        auto const name = "track " + std::to_string(i + 1) + " (" + media.type + ")";
        if (!media.track) {
            log_session(log::Level::warn, "rtsp.track_not_carried",
                        name + " is not carried: " + media.unsupported);
        } else if (!media.remark.empty()) {
            log_session(log::Level::warn, "rtsp.track_described_badly", name + ": " + media.remark);
        }
    }
}

asio::awaitable<void> RtspSession::handle(rtsp::Record const&) {
    if (!publisher_) co_return core_.bad_request("nothing has been announced");
    auto const begun =
        publisher_->begin({{"rtspSession", session_->id()}, query_, session_prefix(), closer()});
    if (!begun) co_return core_.bad_request(begun.error());
    core_.record_ok();
    show_state(ConnState::publish);
    set_read_timeout(conf_->global.read_timeout);
}

asio::awaitable<void> RtspSession::handle(rtsp::Teardown const&) {
    end_session("torn down by " + remote_address());
    set_read_timeout(kRtspIdleTimeout);
    co_return;
}

asio::awaitable<void> RtspSession::handle(rtsp::KeepAlive const&) {
    co_return;
}

}  // namespace tidegate::router
