// What a replica of media-service does with requests while another one leads: it passes them on to
// that one and its answer back, the stream of events too. It has checked before that the client may
// ask; the leader checks again. Nobody passes on what was passed on to him. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "http/client.hpp"
#include "http/message.hpp"
#include "net/task_group.hpp"
#include "net/tls_client.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

// How long a hook waits for somebody to lead, before it is answered 503: mtx-hook gives up after
// 5 s, and what the publisher asks for is told by nothing else.
inline constexpr std::chrono::milliseconds kHookWaitsForLeader{4'000};
// The slowest answers of the leader are those for which it asks the router (2 s).
inline constexpr std::chrono::milliseconds kPassOnDeadline{10'000};
// Bytes of the leader's events that a slow client has not taken. It begins anew then, with a
// snapshot.
inline constexpr std::size_t kMaxPassOnBacklog = 4 * 1024 * 1024;
// Marks a request that was passed on, with the name of the replica that did.
inline constexpr std::string_view kPassedOnHeader = "x-tidegate-passed-on-by";
// The address of the client that has sent it. It proves nothing; a hook's says which router to ask.
inline constexpr std::string_view kPassedOnForHeader = "x-tidegate-passed-on-for";

// The replica that leads.
struct Leader {
    std::string name;
    std::string url;  // http[s]://HOST[:PORT]; empty: it has not told
    bool operator==(Leader const&) const = default;
};

class LeaderProxy {
public:
    // name: of this replica. trust: for https:// URLs; null: the certificates of the system.
    LeaderProxy(asio::io_context& io, std::string name,
                std::shared_ptr<net::TlsClientContext const> trust);

    // nullopt: nobody leads, as far as is known.
    void set_leader(std::optional<Leader> leader);
    std::optional<Leader> const& leader() const { return leader_; }

    // The leader's answer, or 503 with Retry-After: nobody leads, it cannot be reached, or the
    // request was passed on already.
    asio::awaitable<http::Response> pass_on(http::Request const& request);
    // The same; waits for a leader first.
    asio::awaitable<http::Response> pass_on_hook(http::Request const& request);
    // The same for an answer without an end.
    asio::awaitable<http::Response> pass_on_stream(http::Request const& request);

    // Ends the streams.
    asio::awaitable<void> stop();

private:
    struct Stream;
    struct Reader;

    std::optional<http::Response> cannot(http::Request const& request) const;
    http::ClientRequest copy_of(http::Request const& request) const;
    asio::awaitable<void> read(std::shared_ptr<Stream> stream, http::ClientRequest request);
    static asio::awaitable<void> write(std::shared_ptr<Stream> stream, http::BodyStream& body);

    asio::io_context& io_;
    std::string const name_;
    std::shared_ptr<net::TlsClientContext const> const trust_;
    http::Client client_;
    net::TaskGroup tasks_;
    std::optional<Leader> leader_;
    asio::steady_timer changed_;  // used as a condition variable: cancel() wakes all who wait
};

}  // namespace tidegate::orchestrator
