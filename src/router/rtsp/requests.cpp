// What the router answers to each RTSP request that needs a decision.
#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "router/rtsp/session.hpp"
#include "router/session/own_program.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

namespace {

constexpr char kRedescribed[] = "the stream has another configuration, which is to be asked for";

}  // namespace

AdmissionRequest RtspSession::admission_request(AuthAction action, rtsp::Target const& target,
                                                std::string const& id) const {
    AdmissionRequest request{.auth = {.action = action,
                                      .path = target.path,
                                      .query = target.query,
                                      .ip = remote_ip(),
                                      .protocol = "rtsp",
                                      .id = id,
                                      .user_agent = target.user_agent},
                             .log_prefix = conn_prefix(),
                             .can_ask = true};
    if (auto const& presented = target.authorization) {
        request.auth.user = presented->user;
        request.auth.password = presented->password;
        if (!core_.offers(presented->scheme)) {
            request.proves = [](std::string const&) { return false; };
        } else if (presented->scheme == rtsp::Scheme::digest) {
            request.proves = [this, user = presented->user](std::string const& password) {
                return core_.verify({user, password});
            };
        }
    }
    return request;
}

asio::awaitable<std::optional<Admitted>> RtspSession::admit(AuthAction action,
                                                            rtsp::Target const& target,
                                                            std::string const& id) {
    auto admitted = co_await admission_.admit(admission_request(action, target, id));
    if (!admitted) {
        answer(admitted.error());
        co_return std::nullopt;
    }
    core_.set_authorized();
    writes().set_reply_limit(net::kMaxReplyBytes);
    co_return std::move(*admitted);
}

void RtspSession::on_held(bool held) {
    set_read_timeout(held ? std::nullopt : std::optional(kRtspIdleTimeout));
}

void RtspSession::answer(Refusal const& refusal) {
    switch (refusal.reason) {
        case RefusalReason::credentials_missing:
            return core_.unauthorized();
        case RefusalReason::credentials_wrong:
            return core_.wrong_credentials();
        case RefusalReason::redirected:
            return core_.redirect(refusal.location);
        case RefusalReason::no_stream:
            return core_.not_found(refusal.message);
        case RefusalReason::bad_path:
        case RefusalReason::not_started:
        case RefusalReason::too_many_readers:
            return core_.bad_request(refusal.message);
        case RefusalReason::closing:
            return;
    }
}

asio::awaitable<void> RtspSession::handle(rtsp::Describe const& request) {
    auto admitted = co_await admit(AuthAction::read, request.target, conn_->id());
    if (!admitted) co_return;
    auto const stream = co_await admission_.look(std::move(*admitted));
    if (!stream) co_return answer(stream.error());
    described_ = *stream;
    described_version_ = (*stream)->description_version();
    core_.describe_ok(*(*stream)->tracks());
}

asio::awaitable<void> RtspSession::handle(rtsp::Attach const& request) {
    auto id = base::random_uuid();
    auto admitted = co_await admit(AuthAction::read, request.target, id);
    if (!admitted) co_return;
    open_session(std::move(id), request.target);
    auto seat = co_await admission_.read(std::move(*admitted), peer(), WireForm::interleaved_rtp);
    if (!seat) {
        answer(seat.error());
        if (!closing()) end_session(seat.error().message);
        co_return;
    }
    auto const stream = seat->stream();
    reader_ = loop().memory().make<RtspReader>(
        RtspReader::Session{session_, writes(), loop().index(),
                            [this] { close_after_writes("terminated"); },
                            [this] { close_after_writes(kRedescribed); }, KeyframePatience(),
                            wants_cached_pictures(request.target.user_agent)},
        std::move(*seat));
    // It hears of changes from here on, and there was none since DESCRIBE.
    if (described_.lock() == stream && stream->description_version() != described_version_) {
        core_.bad_request(kRedescribed);
        co_return end_session(kRedescribed);
    }
    core_.attach_ok(reader_->ssrcs());
}

asio::awaitable<void> RtspSession::handle(rtsp::Play const&) {
    if (!reader_) co_return core_.bad_request("no track has been set up");
    auto& seat = reader_->seat();
    auto const positions = reader_->play(core_.setups());
    core_.play_ok(positions);
    send_output();
    reader_->send_cached();
    if (seat.is_reading()) co_return;
    show_state(ConnState::read);
    media::Tracks chosen;
    auto const tracks = seat.stream()->tracks();
    for (auto const& setup : core_.setups()) chosen.push_back((*tracks)[setup.track]);
    log_session(log::Level::info, "rtsp.reading",
                "is reading from path '" + path_ + "', with TCP, " + describe_tracks(chosen));
    seat.start_reading(session_prefix());
}

asio::awaitable<void> RtspSession::handle(rtsp::Pause const&) {
    if (reader_) {
        reader_->pause();
        reader_->seat().stop_reading();
    }
    if (publisher_) publisher_->end();
    if (session_ != nullptr) show_state(ConnState::idle);
    if (publisher_) set_read_timeout(kRtspIdleTimeout);
    core_.pause_ok();
    co_return;
}

asio::awaitable<void> RtspSession::handle(rtsp::Announce const& request) {
    auto id = base::random_uuid();
    auto admitted = co_await admit(AuthAction::publish, request.target, id);
    if (!admitted) co_return;
    open_session(std::move(id), request.target);
    publishes_as_own_program_ = is_own_program(request.target.user_agent);
    log_what_is_not_carried(request.description);
    publisher_.emplace(services_.paths, path_, std::move(admitted->match), request.description);
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
    Publisher publisher{peer(), query_, session_prefix(), closer()};
    publisher.own_program = publishes_as_own_program_;
    auto const begun = publisher_->begin(std::move(publisher));
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
