#include "router/hls/visitor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "router/api/access.hpp"
#include "router/api/answer.hpp"

namespace tidegate::router {

namespace asio = boost::asio;

// What wakes the visitor; it may be rung from any thread, also after the visitor has gone.
struct HlsVisitor::Bell : std::enable_shared_from_this<Bell> {
    explicit Bell(asio::io_context& loop) : io(loop), timer(loop) {}
    void ring() {
        asio::post(io, [self = shared_from_this()] {
            self->rung = true;
            self->timer.cancel();
        });
    }
    asio::io_context& io;
    asio::steady_timer timer;
    bool rung = false;
};

HlsVisitor::HlsVisitor(HlsContext const& context, http::Request const& request, AuthAction action)
    : context_(context),
      auth_(auth_request_of(request, context.conf.listener, action)),
      remote_address_(request.remote_address),
      bell_(std::make_shared<Bell>(context.io())) {
    if (auth_.ip == request.remote_ip) return;
    // Behind a proxy; the port is the proxy's.
    remote_address_ = auth_.ip + remote_address_.substr(remote_address_.rfind(':'));
}

asio::awaitable<bool> HlsVisitor::wait(std::chrono::milliseconds duration) {
    if (!bell_->rung) {
        bell_->timer.expires_after(duration);
        co_await bell_->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    bell_->rung = false;
    co_return true;
}

std::function<void()> HlsVisitor::wake() const {
    return [bell = bell_] { bell->ring(); };
}

asio::awaitable<std::expected<Admitted, http::Response>> HlsVisitor::admit(HlsAsk ask) {
    if (ask.trusted) {
        auto match = context_.services.paths.find(ask.path);
        if (!match)
            co_return std::unexpected(hls_refusal({RefusalReason::bad_path, match.error()}));
        co_return Admitted{std::move(ask.path), std::move(ask.query), std::move(*match)};
    }
    Admission admission(context_.services.paths, context_.services.auth, *this);
    AdmissionRequest request{.auth = auth_, .log_prefix = "[HLS] " + ask.log_name, .can_ask = true};
    request.auth.path = std::move(ask.path);
    request.auth.query = std::move(ask.query);
    request.auth.protocol = std::move(ask.protocol);
    request.auth.id = std::move(ask.id);
    auto admitted = co_await admission.admit(std::move(request));
    if (!admitted) co_return std::unexpected(hls_refusal(admitted.error()));
    co_return std::move(*admitted);
}

asio::awaitable<std::expected<ReaderSeat, http::Response>> HlsVisitor::read(
    Admitted client, PeerId reader, std::optional<WireForm> form) {
    Admission admission(context_.services.paths, context_.services.auth, *this);
    auto seat = co_await admission.read(std::move(client), std::move(reader), form);
    if (!seat) co_return std::unexpected(hls_refusal(seat.error()));
    co_return std::move(*seat);
}

http::Response hls_refusal(Refusal const& why) {
    using Reason = RefusalReason;
    if (why.reason == Reason::no_stream) return error_response(404, why.message);
    if (why.reason == Reason::closing) return error_response(500, "terminated");
    bool const missing = why.reason == Reason::credentials_missing;
    if (!missing && why.reason != Reason::credentials_wrong) {
        return error_response(500, why.message);
    }
    auto response = error_response(401, "authentication error");
    if (missing) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"mediamtx\"");
    return response;
}

}  // namespace tidegate::router
