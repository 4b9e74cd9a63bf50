// TLS for a client: which certificates are trusted, and for which name. One event loop.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <memory>
#include <string>

namespace tidegate::sts {

// Trusts the system's certificates and, if it is not empty, those of a file (PEM). The error is a
// sentence: "cannot read certificates from /x: No such file or directory".
std::expected<std::shared_ptr<boost::asio::ssl::context>, std::string> make_client_context(
    std::string const& ca_file);

// Before the handshake: the peer's certificate must be for this host, a name or an address.
void expect_host(SSL* connection, std::string const& host);
// After a handshake that failed: what is wrong with the peer's certificate; empty: nothing is.
std::string certificate_problem(SSL* connection);

}  // namespace tidegate::sts
