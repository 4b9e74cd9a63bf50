// Opens TCP acceptors and accepts connections. Each event-loop thread has an acceptor of its own on
// the same port (SO_REUSEPORT), so a connection stays on the thread that accepted it. An acceptor
// is used on its own loop only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>

#include "net/address.hpp"

namespace tidegate::net {

// The pause after an error, such as too few descriptors: long enough for some to become free, and
// short enough for a client not to notice.
inline constexpr std::chrono::milliseconds kAcceptPause{100};
// An error that lasts is reported again after this time.
inline constexpr std::chrono::seconds kAcceptComplaintPeriod{10};

enum class PortSharing { exclusive, shared };

// Returns an acceptor that is bound and listens, with close-on-exec and SO_REUSEADDR. On the IPv6
// wildcard it takes IPv4 too, and IPv4 alone on a machine without IPv6. shared: with SO_REUSEPORT.
std::expected<tcp::acceptor, boost::system::error_code> open_acceptor(asio::io_context& io,
                                                                      tcp::endpoint const& endpoint,
                                                                      PortSharing sharing);

// Accepts until the acceptor is closed or the coroutine is cancelled. Hands each socket to
// on_socket; it is on the acceptor's executor and has TCP_NODELAY. After an error, whatever it is,
// accepting pauses for kAcceptPause and goes on. on_error is called when the error is another one
// than before, and otherwise once in each kAcceptComplaintPeriod.
asio::awaitable<void> accept_loop(tcp::acceptor& acceptor,
                                  std::function<void(tcp::socket)> on_socket,
                                  std::function<void(boost::system::error_code)> on_error);

}  // namespace tidegate::net
