#include "net/tls.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstdint>
#include <new>
#include <utility>

#include "base/lower_case.hpp"

namespace tidegate::net {

namespace {

// The order is ours, unless a client has no AES in its processor and asks for ChaCha20 first.
constexpr char kCiphers13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kCiphers12[] = "ECDHE+AES128+AESGCM:ECDHE+AES256+AESGCM:ECDHE+CHACHA20";

// The others of OpenSSL's list cost a server many times as much, and no client needs them.
constexpr char kGroups[] = "X25519:P-256:P-384";

constexpr std::uint64_t kOptions =
    SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;

// A buffer of 16 KiB a direction is given back whenever it is empty: thousands of connections share
// a few that stay in the processor's cache.
constexpr auto kModes = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;

int text_index() {
    static int const index =
        CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, nullptr, nullptr, nullptr,
                                [](void*, void* text, CRYPTO_EX_DATA*, int, long, void*) {
                                    delete static_cast<std::string*>(text);
                                });
    return index;
}

}  // namespace

void TlsDelete::operator()(SSL* tls) const {
    SSL_free(tls);
}

void TlsDelete::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}

std::unique_ptr<SSL_CTX, TlsDelete> new_tls_context(bool server) {
    std::unique_ptr<SSL_CTX, TlsDelete> context(
        SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context.get(), kCiphers12) != 1 ||
        SSL_CTX_set_ciphersuites(context.get(), kCiphers13) != 1 ||
        SSL_CTX_set1_groups_list(context.get(), kGroups) != 1) {
        throw std::bad_alloc();
    }
    SSL_CTX_set_options(context.get(), kOptions);
    SSL_CTX_set_mode(context.get(), kModes);
    return context;
}

std::string const& keep_with(SSL_CTX* context, std::string text) {
    auto owned = std::make_unique<std::string>(std::move(text));
    if (SSL_CTX_set_ex_data(context, text_index(), owned.get()) != 1) throw std::bad_alloc();
    return *owned.release();
}

std::string alpn_list(std::vector<std::string> const& protocols) {
    std::string list;
    for (auto const& protocol : protocols) {
        list.push_back(static_cast<char>(protocol.size()));
        list += protocol;
    }
    return list;
}

std::string take_tls_error() {
    auto const code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    auto const* reason = ERR_reason_error_string(code);
    return reason != nullptr ? base::lower_first(reason) : "error " + std::to_string(code);
}

std::string certificate_problem(SSL* tls) {
    auto const result = SSL_get_verify_result(tls);
    if (result == X509_V_OK) return {};
    if (result == X509_V_ERR_APPLICATION_VERIFICATION) return "its fingerprint is another one";
    return X509_verify_cert_error_string(result);
}

std::string handshake_problem(SSL* tls) {
    auto const error = take_tls_error();
    auto const problem = certificate_problem(tls);
    return problem.empty() ? error : "certificate not accepted: " + problem;
}

}  // namespace tidegate::net
