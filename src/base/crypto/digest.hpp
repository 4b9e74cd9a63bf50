// MD5 and SHA-256 over bytes that come in pieces, done by OpenSSL. Object storage asks for both:
// they prove what has arrived, and are no protection against an attacker. One thread.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace tidegate::base {

class Digest {
public:
    enum class Kind { md5, sha256 };

    // Throws std::runtime_error if OpenSSL does not offer the digest (MD5 in FIPS mode).
    explicit Digest(Kind kind);
    ~Digest();
    Digest(Digest&&) noexcept;
    Digest& operator=(Digest&&) noexcept;

    void update(ByteView bytes);
    // The digest of all bytes so far: 16 or 32 bytes. To be called once.
    Bytes finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Two digits a byte, in lower case.
std::string to_hex(ByteView bytes);

}  // namespace tidegate::base
