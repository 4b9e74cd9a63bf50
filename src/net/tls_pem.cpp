#include "net/tls_pem.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <new>

#include "base/free_with.hpp"

namespace tidegate::net {

namespace {

using BioPtr = std::unique_ptr<BIO, base::FreeWith<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, base::FreeWith<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, base::FreeWith<EVP_PKEY_free>>;

// Nobody is there who could type a passphrase.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

// It must not outlive the text.
BioPtr reader_of(std::string const& pem) {
    return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// The last read failed because there was nothing more to read.
bool ended_at_end() {
    bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (at_end) ERR_clear_error();
    return at_end;
}

}  // namespace

bool use_chain(SSL_CTX* context, std::string const& pem) {
    auto const bio = reader_of(pem);
    CertificatePtr const own(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, nullptr));
    if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
    while (CertificatePtr next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
        if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return false;
        static_cast<void>(next.release());
    }
    return ended_at_end();
}

bool use_key(SSL_CTX* context, std::string const& pem) {
    auto const bio = reader_of(pem);
    KeyPtr const key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

bool trust_authorities(SSL_CTX* context, std::string const& pem) {
    auto const bio = reader_of(pem);
    auto* const store = SSL_CTX_get_cert_store(context);
    bool any = false;
    while (CertificatePtr next{PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, nullptr)}) {
        if (X509_STORE_add_cert(store, next.get()) != 1) throw std::bad_alloc();
        any = true;
    }
    return any && ended_at_end();
}

}  // namespace tidegate::net
