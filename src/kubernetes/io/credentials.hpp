// Who we are at the API server, and whom we take for it, as files and texts say it at the moment.
// Tokens of a Pod are exchanged about once an hour, and its authority may be exchanged, too: files
// are read again when they are old, and after a refusal. One event loop; reading a file of some
// kilobytes from the Pod's memory does not block it.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include "kubernetes/core/access.hpp"
#include "net/tls_client.hpp"

namespace tidegate::kubernetes {

// A token is valid for ten minutes at least, and the kubelet writes the next one after 80 % of its
// time.
inline constexpr std::chrono::seconds kTokenAge{60};

class Credentials {
public:
    using Time = std::chrono::steady_clock::time_point;

    // The error is a sentence with the file's name.
    static std::expected<Credentials, std::string> read(ClusterAccess access, Time now);

    // The value of the header Authorization; empty: there is none.
    std::string authorization(Time now);
    // Null: the server speaks in clear.
    std::shared_ptr<net::TlsClientContext const> const& trust() const { return trust_; }

    // A request was refused, or no connection came about: reads all files again. False: they are as
    // before, or cannot be read, so that asking again would change nothing.
    bool renew(Time now);

private:
    struct Texts {
        std::string authority, certificate, key, token;
        bool operator==(Texts const&) const = default;
    };
    explicit Credentials(ClusterAccess access) : access_(std::move(access)) {}
    std::expected<Texts, std::string> read_texts() const;
    std::expected<void, std::string> use(Texts texts, Time now);

    ClusterAccess access_;
    Texts texts_;
    Time token_read_{};
    std::shared_ptr<net::TlsClientContext const> trust_;
};

}  // namespace tidegate::kubernetes
