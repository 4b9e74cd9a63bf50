#include "net/tls_client.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <new>
#include <utility>

#include "base/fingerprint.hpp"
#include "net/tls_pem.hpp"

namespace tidegate::net {

namespace {

int verify_pinned(X509_STORE_CTX* chain, void* fingerprint) {
    auto const& pinned = *static_cast<std::string const*>(fingerprint);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    bool const same =
        X509_digest(X509_STORE_CTX_get0_cert(chain), EVP_sha256(), digest.data(), &size) == 1 &&
        size == pinned.size() && CRYPTO_memcmp(digest.data(), pinned.data(), size) == 0;
    X509_STORE_CTX_set_error(chain, same ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return same ? 1 : 0;
}

void expect_host(SSL* tls, std::string const& host) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    auto* const expected = SSL_get0_param(tls);
    bool set = false;
    if (!no_address) {
        set = X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
    } else {
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) == 1 &&
              SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
    }
    // Without the check every certificate would do.
    if (!set) throw std::bad_alloc();
}

// The problem; empty: there is none.
std::string use_identity(SSL_CTX* context, TlsTrust const& trust) {
    if (trust.certificate.empty() && trust.key.empty()) return {};
    if (!use_chain(context, trust.certificate)) {
        return "the client's certificate cannot be used: " + take_tls_error();
    }
    if (!use_key(context, trust.key)) return "the client's key cannot be used: " + take_tls_error();
    return {};
}

}  // namespace

TlsClientContext::TlsClientContext() : context_(new_tls_context(false)) {}

TlsClientContext::~TlsClientContext() = default;

std::expected<std::shared_ptr<TlsClientContext const>, std::string> TlsClientContext::make(
    TlsTrust trust) {
    std::shared_ptr<TlsClientContext> made(new TlsClientContext);
    auto* const context = made->context_.get();
    ERR_clear_error();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (!trust.fingerprint.empty()) {
        auto pinned = base::parse_fingerprint(trust.fingerprint);
        if (!pinned) return std::unexpected(std::string(base::kNoFingerprint));
        auto const& kept = keep_with(context, std::string(base::as_text(*pinned)));
        SSL_CTX_set_cert_verify_callback(context, verify_pinned, const_cast<std::string*>(&kept));
    }
    if (!trust.only_authorities.empty()) {
        if (!trust_authorities(context, trust.only_authorities)) {
            return std::unexpected("the certificate authority cannot be used: " + take_tls_error());
        }
    } else if (trust.fingerprint.empty()) {
        // A system without certificates has an empty store: then only those of the file are
        // trusted.
        SSL_CTX_set_default_verify_paths(context);
        ERR_clear_error();
    }
    if (auto const problem = use_identity(context, trust); !problem.empty()) {
        return std::unexpected(problem);
    }
    made->server_name_ = std::move(trust.server_name);
    if (!trust.ca_file.empty() && SSL_CTX_load_verify_file(context, trust.ca_file.c_str()) != 1) {
        return std::unexpected("cannot read certificates from " + trust.ca_file + ": " +
                               take_tls_error());
    }
    auto const alpn = alpn_list(trust.protocols);
    if (!alpn.empty() &&
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<unsigned char const*>(alpn.data()),
                                static_cast<unsigned int>(alpn.size())) != 0) {
        throw std::bad_alloc();
    }
    return made;
}

std::shared_ptr<TlsClientContext const> TlsClientContext::system() {
    static auto const trusted = make({}).value();
    return trusted;
}

TlsPtr TlsClientContext::connect(std::string const& host) const {
    TlsPtr tls(SSL_new(context_.get()));
    if (!tls) throw std::bad_alloc();
    SSL_set_connect_state(tls.get());
    expect_host(tls.get(), server_name_.empty() ? host : server_name_);
    return tls;
}

}  // namespace tidegate::net
