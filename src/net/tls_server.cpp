#include "net/tls_server.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <new>
#include <utility>

#include "base/read_file.hpp"
#include "net/tls_pem.hpp"

namespace tidegate::net {

namespace {

// A chain of certificates has some kilobytes.
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

// How long a ticket is good. A player that comes back later shakes hands anew.
constexpr long kTicketSeconds = 2 * 3600;

// A hash, so that the key does not lie in memory a second time.
std::string digest_of(std::string const& certificate, std::string const& key) {
    auto const text = certificate + '\0' + key;
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
               EVP_sha256(), nullptr);
    digest.resize(size);
    return digest;
}

int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* size,
                    unsigned char const* offered, unsigned int offered_size, void* ours) {
    auto const& list = *static_cast<std::string const*>(ours);
    unsigned char* found = nullptr;
    auto const result =
        SSL_select_next_proto(&found, size, reinterpret_cast<unsigned char const*>(list.data()),
                              static_cast<unsigned int>(list.size()), offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

struct TlsServerContext::Loaded {
    std::unique_ptr<SSL_CTX, TlsDelete> context;
    std::string digest;  // of both files
};

TlsServerContext::TlsServerContext(TlsServerSettings settings) : settings_(std::move(settings)) {}

TlsServerContext::~TlsServerContext() = default;

std::expected<std::shared_ptr<TlsServerContext>, std::string> TlsServerContext::load(
    TlsServerSettings settings) {
    std::shared_ptr<TlsServerContext> context(new TlsServerContext(std::move(settings)));
    if (auto loaded = context->reload(); !loaded) return std::unexpected(loaded.error());
    return context;
}

std::expected<TlsServerContext::Loaded, std::string> TlsServerContext::read() const {
    auto const certificate = base::read_file(settings_.certificate_file, kMaxFileBytes);
    if (!certificate) return std::unexpected(certificate.error());
    auto const key = base::read_file(settings_.key_file, kMaxFileBytes);
    if (!key) return std::unexpected(key.error());
    Loaded loaded{new_tls_context(true), digest_of(*certificate, *key)};
    ERR_clear_error();
    if (!use_chain(loaded.context.get(), *certificate)) {
        return std::unexpected(settings_.certificate_file + ": " + take_tls_error());
    }
    if (!use_key(loaded.context.get(), *key)) {
        return std::unexpected(settings_.certificate_file + " and " + settings_.key_file + ": " +
                               take_tls_error());
    }
    return loaded;
}

std::expected<TlsServerContext::Reloaded, std::string> TlsServerContext::reload() {
    auto loaded = read();
    if (!loaded) return std::unexpected(loaded.error());
    auto* const context = loaded->context.get();
    // Tickets hold the sessions, so that a server with thousands of clients holds none.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, kTicketSeconds);
    if (!settings_.protocols.empty()) {
        auto const& list = keep_with(context, alpn_list(settings_.protocols));
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, const_cast<std::string*>(&list));
    }
    std::lock_guard const lock(mutex_);
    if (current_ && current_->digest == loaded->digest) return Reloaded::unchanged;
    current_ = std::make_unique<Loaded>(std::move(*loaded));
    return Reloaded::changed;
}

TlsPtr TlsServerContext::accept() const {
    TlsPtr tls;
    {
        std::lock_guard const lock(mutex_);
        tls.reset(SSL_new(current_->context.get()));
    }
    if (!tls) throw std::bad_alloc();
    SSL_set_accept_state(tls.get());
    return tls;
}

}  // namespace tidegate::net
