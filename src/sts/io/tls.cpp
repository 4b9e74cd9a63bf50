#include "sts/io/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

namespace tidegate::sts {

namespace ssl = boost::asio::ssl;

std::expected<std::shared_ptr<ssl::context>, std::string> make_client_context(
    std::string const& ca_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    boost::system::error_code error;
    context->set_verify_mode(ssl::verify_peer, error);
    // A system without certificates has an empty store: then only those of the file are trusted.
    context->set_default_verify_paths(error);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    if (!ca_file.empty()) {
        context->load_verify_file(ca_file, error);
        if (error) {
            return std::unexpected("cannot read certificates from " + ca_file + ": " +
                                   error.message());
        }
    }
    return context;
}

void expect_host(SSL* connection, std::string const& host) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    auto* const expected = SSL_get0_param(connection);
    if (!no_address) {
        X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
        return;
    }
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size());
    SSL_set_tlsext_host_name(connection, host.c_str());
}

std::string certificate_problem(SSL* connection) {
    auto const result = SSL_get_verify_result(connection);
    return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

}  // namespace tidegate::sts
