// How a client gets to publish to a path or to read from it, whatever protocol it speaks. admit()
// finds the path and authorizes the client. read() then holds the client while a publisher is
// started on demand, and gives it a seat; who publishes begins a Publication. A refusal is a value
// that says why: what the client is told, and how, is the protocol's business. Part of one session,
// on its event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "router/auth/access_control.hpp"
#include "router/paths/paths.hpp"
#include "router/paths/reader_seat.hpp"

namespace tidegate::router {

enum class RefusalReason : std::uint8_t {
    bad_path,             // not configured, or no path's name
    credentials_missing,  // the client may be asked for them; the log says nothing
    credentials_wrong,    // logged, and the client had to wait (auth_pause)
    redirected,           // the stream is at Refusal::location
    no_stream,
    not_started,  // the command of runOnDemand has brought no publisher
    too_many_readers,
    closing,  // the session is about to end: there is nobody to answer
};

struct Refusal {
    RefusalReason reason;
    std::string message{};   // a sentence for the client
    std::string location{};  // of redirected: the URL
};

// What a client asks with.
struct AdmissionRequest {
    AuthRequest auth;
    std::string log_prefix;  // "[RTMP] [conn 10.0.0.5:40000]"
    // Whether the protocol can ask for credentials that were not sent. If it cannot, their lack is
    // a failure like wrong ones.
    bool can_ask = false;
    // Set when the client does not send a password but proves that it knows one (digest): tells
    // whether the proof fits this password.
    std::function<bool(std::string const& password)> proves = nullptr;
};

// A client that is authorized.
struct Admitted {
    std::string path;
    std::string query;  // raw
    PathMatch match;
};

// The session that asks: what Admission needs of it while it waits.
class Applicant {
public:
    virtual ~Applicant() = default;

    // Pauses the session. Returns early when woken; false when the session is closing.
    virtual boost::asio::awaitable<bool> wait(std::chrono::milliseconds duration) = 0;
    // A function that ends the wait() of the moment. It may be called from any thread, also after
    // the session has gone.
    virtual std::function<void()> wake() const = 0;
    // The client is held from now on (true), or no longer (false). Meanwhile it may be silent for
    // as long as the path's runOnDemandStartTimeout.
    virtual void on_held(bool) {}
};

class Admission {
public:
    // All outlive this.
    Admission(Paths& paths, AccessControl& access, Applicant& applicant)
        : paths_(paths), access_(access), applicant_(applicant) {}

    template <class T>
    using Answer = boost::asio::awaitable<std::expected<T, Refusal>>;

    Answer<Admitted> admit(AdmissionRequest request);
    // Becomes a reader of the path's stream. form: what it reads; nullopt: units only.
    Answer<ReaderSeat> read(Admitted client, PeerId reader, std::optional<WireForm> form);
    // The path's stream, for a client that does not read it yet (DESCRIBE). Like read(), it waits
    // for a publisher that is started on demand. It is refused as `redirected` when the path is a
    // redirect, and when it has no stream but a fallback.
    Answer<std::shared_ptr<Stream>> look(Admitted client);

private:
    boost::asio::awaitable<std::optional<AuthDecision>> decide(AdmissionRequest& request);
    Answer<std::unique_ptr<HeldRequest>> hold(Admitted const& client);

    Paths& paths_;
    AccessControl& access_;
    Applicant& applicant_;
};

}  // namespace tidegate::router
