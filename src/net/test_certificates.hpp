// Self-signed certificates, made anew for each test, and a handshake in memory. Tests only.
#pragma once

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "net/tls_client.hpp"
#include "net/tls_server.hpp"

namespace tidegate::net::test {

struct Certificate {
    std::string certificate, key;  // PEM
    std::string fingerprint;       // "AB:CD:...", as `openssl x509 -fingerprint -sha256` prints it
};

inline std::string text_of(BIO* bio) {
    char* data = nullptr;
    auto const size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

// for_whom: "DNS:localhost,IP:127.0.0.1".
inline Certificate make_certificate(std::string const& for_whom) {
    auto* const key = EVP_EC_gen("P-256");
    auto* const x509 = X509_new();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 24L * 3600);
    X509_set_pubkey(x509, key);
    auto* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>("test"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    auto* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, for_whom.c_str());
    X509_add_ext(x509, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509, key, EVP_sha256());

    Certificate made;
    auto* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, x509);
    made.certificate = text_of(bio);
    static_cast<void>(BIO_reset(bio));
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    made.key = text_of(bio);
    BIO_free(bio);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    X509_digest(x509, EVP_sha256(), digest, &size);
    for (unsigned int i = 0; i < size; ++i) {
        constexpr char kDigits[] = "0123456789ABCDEF";
        if (i != 0) made.fingerprint += ':';
        made.fingerprint += kDigits[digest[i] >> 4];
        made.fingerprint += kDigits[digest[i] & 15];
    }
    X509_free(x509);
    EVP_PKEY_free(key);
    return made;
}

// A folder with server.crt and server.key, which goes with this object.
class CertificateFolder {
public:
    explicit CertificateFolder(std::string const& for_whom = "DNS:localhost,IP:127.0.0.1") {
        static int count = 0;
        folder_ = std::filesystem::temp_directory_path() /
                  ("tidegate-tls-" + std::to_string(getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directories(folder_);
        replace(make_certificate(for_whom));
    }
    ~CertificateFolder() { std::filesystem::remove_all(folder_); }
    CertificateFolder(CertificateFolder const&) = delete;
    CertificateFolder& operator=(CertificateFolder const&) = delete;

    void replace(Certificate made) {
        current_ = std::move(made);
        write("server.crt", current_.certificate);
        write("server.key", current_.key);
    }
    void write(std::string const& name, std::string const& text) const {
        std::ofstream(folder_ / name) << text;
    }
    Certificate const& current() const { return current_; }
    std::string file(std::string const& name) const { return (folder_ / name).string(); }
    TlsServerSettings settings() const { return {file("server.crt"), file("server.key")}; }

private:
    std::filesystem::path folder_;
    Certificate current_;
};

// Both ends of a handshake, connected in memory.
class Handshake {
public:
    Handshake(TlsPtr server, TlsPtr client)
        : server_(std::move(server)), client_(std::move(client)) {
        BIO *one = nullptr, *other = nullptr;
        BIO_new_bio_pair(&one, 0, &other, 0);
        SSL_set_bio(server_.get(), one, one);
        SSL_set_bio(client_.get(), other, other);
    }
    // True: both ends are through.
    bool run() {
        int at_client = 0;
        int at_server = 0;
        for (int i = 0; i < 10 && (at_client != 1 || at_server != 1); ++i) {
            if (at_client != 1) at_client = SSL_do_handshake(client_.get());
            if (at_client != 1 && is_failure(client_.get(), at_client, client_problem))
                return false;
            if (at_server != 1) at_server = SSL_do_handshake(server_.get());
            if (at_server != 1 && is_failure(server_.get(), at_server, server_problem))
                return false;
        }
        char byte = 0;
        SSL_read(client_.get(), &byte, 1);  // takes the ticket
        return at_client == 1 && at_server == 1;
    }
    SSL* server() { return server_.get(); }
    SSL* client() { return client_.get(); }

    std::string client_problem, server_problem;

private:
    static bool is_failure(SSL* tls, int result, std::string& problem) {
        auto const error = SSL_get_error(tls, result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
        problem = handshake_problem(tls);
        return true;
    }

    TlsPtr server_, client_;
};

}  // namespace tidegate::net::test
