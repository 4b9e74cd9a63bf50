// Certificates and keys as PEM text (RFC 7468), for the contexts of both sides. Internal to this
// folder. Any thread. False: OpenSSL's list of errors says why (take_tls_error()).
#pragma once

#include <openssl/types.h>

#include <string>

namespace tidegate::net {

// Who we are: the first certificate is ours, the others go with it.
bool use_chain(SSL_CTX* context, std::string const& pem);
// The key of that certificate. One with a passphrase cannot be used.
bool use_key(SSL_CTX* context, std::string const& pem);
// Trusts these certificates, of which there is at least one. Throws std::bad_alloc.
bool trust_authorities(SSL_CTX* context, std::string const& pem);

}  // namespace tidegate::net
