#include "secure.hpp"

#include <arpa/inet.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tidegate::hook {

namespace {

// Where Debian, and the images that are made of it, keep the certificates of the system.
constexpr char const* kSystemFile = "/etc/ssl/certs/ca-certificates.crt";

constexpr int kTls1_2Major = MBEDTLS_SSL_MAJOR_VERSION_3;
constexpr int kTls1_2Minor = MBEDTLS_SSL_MINOR_VERSION_3;

// The context-specific tag of an address among the names of a certificate (RFC 5280 §4.2.1.6).
constexpr unsigned char kAddressTag = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7;

int random_bytes(void*, unsigned char* into, std::size_t size) {
    while (size > 0) {
        auto const count = getrandom(into, size, 0);
        if (count <= 0) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
        into += count;
        size -= static_cast<std::size_t>(count);
    }
    return 0;
}

std::string text_of(int error) {
    std::array<char, 160> text{};
    mbedtls_strerror(error, text.data(), text.size());
    return text.data();
}

// The address in the form that a certificate has it; empty: the host is a name.
std::string address_bytes(std::string const& host) {
    std::array<char, 16> bytes{};
    if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
    if (inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
    return {};
}

// mbed TLS 2.28 compares names only.
bool is_for_address(mbedtls_x509_crt const& certificate, std::string_view address) {
    for (auto const* name = &certificate.subject_alt_names; name != nullptr; name = name->next) {
        auto const& [tag, size, bytes] = name->buf;
        bool const same = size == address.size() &&
                          std::equal(bytes, bytes + size, address.begin(), [](auto a, char b) {
                              return a == static_cast<unsigned char>(b);
                          });
        if (tag == kAddressTag && same) return true;
    }
    return false;
}

std::string fingerprint_of(mbedtls_x509_crt const& certificate) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<unsigned char, 32> digest{};
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), certificate.raw.p, certificate.raw.len,
               digest.data());
    std::string text;
    for (auto const byte : digest) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

// Without colons, in lower case.
std::string plain_fingerprint(std::string text) {
    std::erase(text, ':');
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

}  // namespace

struct SecureSocket::State {
    explicit State(Socket socket) : wire(std::move(socket)) {
        mbedtls_ssl_init(&ssl);
        mbedtls_ssl_config_init(&config);
        mbedtls_x509_crt_init(&trusted);
    }
    ~State() {
        mbedtls_ssl_free(&ssl);
        mbedtls_ssl_config_free(&config);
        mbedtls_x509_crt_free(&trusted);
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;

    static int write(void* self, unsigned char const* bytes, std::size_t size) {
        auto& state = *static_cast<State*>(self);
        auto const sent = state.wire.send({reinterpret_cast<char const*>(bytes), size});
        if (sent) return static_cast<int>(size);
        state.broken = sent.error();
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    static int read(void* self, unsigned char* bytes, std::size_t size) {
        auto& state = *static_cast<State*>(self);
        auto const count = state.wire.receive({reinterpret_cast<char*>(bytes), size});
        if (count) return static_cast<int>(*count);
        state.broken = count.error();
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }

    std::unexpected<Error> failed(char const* doing, int error) const {
        if (!broken.message.empty()) return std::unexpected(broken);
        return std::unexpected(
            Error{Failure::protocol, std::string(doing) + ": " + text_of(error)});
    }
    static std::unexpected<Error> untrusted(std::string why) {
        return std::unexpected(
            Error{Failure::untrusted, "certificate not accepted: " + std::move(why)});
    }

    std::expected<void, Error> prepare(std::string const& host, Trust const& trust);
    std::expected<void, Error> judge(std::string const& host, Trust const& trust) const;

    Socket wire;
    Error broken{Failure::protocol, {}};  // of the socket; no message: it is fine
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt trusted;
};

std::expected<void, Error> SecureSocket::State::prepare(std::string const& host,
                                                        Trust const& trust) {
    auto error = mbedtls_ssl_config_defaults(
        &config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0) return failed("TLS", error);
    mbedtls_ssl_conf_rng(&config, random_bytes, nullptr);
    mbedtls_ssl_conf_min_version(&config, kTls1_2Major, kTls1_2Minor);
    if (trust.fingerprint.empty()) {
        auto const* const file = trust.ca_file.empty() ? kSystemFile : trust.ca_file.c_str();
        // Above 0: so many certificates of the file cannot be read, and the others can.
        error = mbedtls_x509_crt_parse_file(&trusted, file);
        if (error < 0) return untrusted("cannot read " + std::string(file));
        mbedtls_ssl_conf_ca_chain(&config, &trusted, nullptr);
    }
    // judge() says why, which a handshake that fails does not.
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    error = mbedtls_ssl_setup(&ssl, &config);
    if (error == 0 && address_bytes(host).empty()) {
        error = mbedtls_ssl_set_hostname(&ssl, host.c_str());
    }
    if (error != 0) return failed("TLS", error);
    mbedtls_ssl_set_bio(&ssl, this, write, read, nullptr);
    return {};
}

std::expected<void, Error> SecureSocket::State::judge(std::string const& host,
                                                      Trust const& trust) const {
    auto const* const certificate = mbedtls_ssl_get_peer_cert(&ssl);
    if (certificate == nullptr) return untrusted("there is none");
    if (!trust.fingerprint.empty()) {
        if (fingerprint_of(*certificate) == plain_fingerprint(trust.fingerprint)) return {};
        return untrusted("its fingerprint is another one");
    }
    if (auto const flags = mbedtls_ssl_get_verify_result(&ssl); flags != 0) {
        std::array<char, 256> text{};
        mbedtls_x509_crt_verify_info(text.data(), text.size(), "", flags);
        std::string why = text.data();
        std::ranges::replace(why, '\n', ' ');
        while (why.ends_with(' ')) why.pop_back();
        return untrusted(std::move(why));
    }
    auto const address = address_bytes(host);
    if (!address.empty() && !is_for_address(*certificate, address)) {
        return untrusted("it is not for " + host);
    }
    return {};
}

SecureSocket::SecureSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
SecureSocket::~SecureSocket() = default;

std::expected<std::unique_ptr<Wire>, Error> SecureSocket::connect(Socket socket,
                                                                  std::string const& host,
                                                                  Trust const& trust) {
    auto state = std::make_unique<State>(std::move(socket));
    if (auto const ready = state->prepare(host, trust); !ready) {
        return std::unexpected(ready.error());
    }
    if (auto const error = mbedtls_ssl_handshake(&state->ssl); error != 0) {
        return state->failed("TLS handshake", error);
    }
    if (auto const trusted = state->judge(host, trust); !trusted) {
        return std::unexpected(trusted.error());
    }
    return std::unique_ptr<Wire>(new SecureSocket(std::move(state)));
}

std::expected<void, Error> SecureSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const sent = mbedtls_ssl_write(
            &state_->ssl, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size());
        if (sent <= 0) return state_->failed("send over TLS", sent);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

std::expected<std::size_t, Error> SecureSocket::receive(std::span<char> into) {
    auto const count =
        mbedtls_ssl_read(&state_->ssl, reinterpret_cast<unsigned char*>(into.data()), into.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0 || count == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return 0;
    return state_->failed("receive over TLS", count);
}

}  // namespace tidegate::hook
