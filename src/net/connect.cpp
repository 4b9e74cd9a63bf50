#include "net/connect.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "net/address.hpp"
#include "net/deadline.hpp"

namespace tidegate::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// A socket that has dialled stays registered for writability, which epoll then reports at every
// read; a fresh registration is for reading only until something has to wait for a write.
tcp::socket register_anew(tcp::socket dialled) {
    auto const executor = dialled.get_executor();
    boost::system::error_code error;
    auto const protocol = dialled.local_endpoint(error).protocol();
    if (error) return dialled;
    return {executor, protocol, dialled.release()};
}

// The loop's default result needs no socket: first_of default-constructs it.
using Dialled = std::expected<std::shared_ptr<tcp::socket>, boost::system::error_code>;

using Resolved = std::expected<std::vector<tcp::endpoint>, boost::system::error_code>;

// An address needs no name server, and no thread that waits for one.
asio::awaitable<Resolved> resolve(std::string const& host, std::uint16_t port) {
    boost::system::error_code no_address;
    auto const address = asio::ip::make_address(host, no_address);
    if (!no_address) co_return std::vector{tcp::endpoint(address, port)};
    tcp::resolver resolver(co_await asio::this_coro::executor);
    auto const [error, found] = co_await resolver.async_resolve(
        host, std::to_string(port), asio::as_tuple(asio::use_awaitable));
    if (error) co_return std::unexpected(error);
    co_return std::vector<tcp::endpoint>(found.begin(), found.end());
}

// Leaves the addresses that the check allows. Returns why the last of the others is refused.
std::string keep_allowed(std::vector<tcp::endpoint>& endpoints, AddressCheck const& check) {
    std::string refused;
    std::erase_if(endpoints, [&](tcp::endpoint const& endpoint) {
        auto const why = check(endpoint);
        if (why) refused = to_string(endpoint.address()) + " is refused: " + *why;
        return why.has_value();
    });
    return refused;
}

asio::awaitable<Dialled> dial(std::string host, std::uint16_t port, AddressCheck const& check,
                              std::string& refused) {
    auto const executor = co_await asio::this_coro::executor;
    auto endpoints = co_await resolve(host, port);
    if (!endpoints) co_return std::unexpected(endpoints.error());
    if (check) refused = keep_allowed(*endpoints, check);
    if (endpoints->empty()) co_return std::unexpected(asio::error::access_denied);
    refused.clear();
    auto socket = std::make_shared<tcp::socket>(executor);
    auto [connect_error, reached] =
        co_await asio::async_connect(*socket, *endpoints, asio::as_tuple(asio::use_awaitable));
    if (connect_error) co_return std::unexpected(connect_error);
    boost::system::error_code ignored;
    socket->set_option(tcp::no_delay(true), ignored);
    co_return socket;
}

}  // namespace

asio::awaitable<std::expected<tcp::socket, std::string>> connect(std::string host,
                                                                 std::uint16_t port,
                                                                 std::chrono::milliseconds deadline,
                                                                 AddressCheck check) {
    std::string refused;
    auto const dialled = co_await with_deadline(deadline, dial(host, port, check, refused));
    if (dialled) co_return register_anew(std::move(**dialled));
    auto const& why = refused.empty() ? dialled.error().message() : refused;
    co_return std::unexpected("connect " + host + ":" + std::to_string(port) + ": " + why);
}

asio::awaitable<std::expected<Link, std::string>> connect_link(
    std::string host, std::uint16_t port, std::chrono::milliseconds deadline,
    std::shared_ptr<TlsClientContext const> trust, AddressCheck check) {
    auto socket = co_await connect(host, port, deadline, std::move(check));
    if (!socket) co_return std::unexpected(std::move(socket.error()));
    co_return Link(std::move(*socket), trust ? trust->connect(host) : TlsPtr());
}

}  // namespace tidegate::net
