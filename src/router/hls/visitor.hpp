// A client of the web loop's servers that wants to read a path: finds the path, authorizes the
// client, waits for a publisher on demand, and takes a seat. For HLS and for other forms of the
// same stream. Part of one request, on the web loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <expected>
#include <memory>
#include <string>

#include "http/message.hpp"
#include "router/hls/context.hpp"
#include "router/paths/reader_seat.hpp"
#include "router/session/admission.hpp"

namespace tidegate::router {

// What a client asks with, taken from its request.
struct HlsAsk {
    std::string path;
    std::string query;  // raw, as hooks and the authentication see it
    std::string protocol = "hls";
    std::string id{};      // of the session that it will be; empty for a page
    std::string log_name;  // "[session 1f2e3d4c]", "[conn 10.0.0.5:40000]"
    bool trusted = false;  // a CDN with the secret: nobody else is asked
};

class HlsVisitor final : public Applicant {
public:
    // action: what it has to be allowed.
    HlsVisitor(HlsContext const& context, http::Request const& request,
               AuthAction action = AuthAction::read);

    // Whether the client may read the path. The error is the answer to it.
    boost::asio::awaitable<std::expected<Admitted, http::Response>> admit(HlsAsk ask);
    // Becomes a reader, once there is a stream.
    boost::asio::awaitable<std::expected<ReaderSeat, http::Response>> read(
        Admitted client, PeerId reader, std::optional<WireForm> form = std::nullopt);

    // Who asks, behind the proxies that are trusted: its address with and without port, and the
    // name that it gives.
    std::string const& remote_address() const { return remote_address_; }
    std::string const& remote_ip() const { return auth_.ip; }
    std::string const& user() const { return auth_.user; }
    std::string const& user_agent() const { return auth_.user_agent; }

    boost::asio::awaitable<bool> wait(std::chrono::milliseconds duration) override;
    std::function<void()> wake() const override;

private:
    struct Bell;

    HlsContext const& context_;
    AuthRequest auth_;
    std::string remote_address_;
    std::shared_ptr<Bell> bell_;
};

// {"status":"error","error":"<message>"}
http::Response hls_refusal(Refusal const& why);

}  // namespace tidegate::router
