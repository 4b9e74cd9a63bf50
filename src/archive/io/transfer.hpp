// One HTTP request after another, by libcurl, which signs them (AWS signature version 4). Blocks
// its thread. Redirects are never followed. What a server sends has limits of size and time. One
// thread each.
//
// What the signer of libcurl 7.88 (Debian 12) leaves to us, read in its source and held by tests
// against a real server: it takes the path and the query as they stand, so both must be encoded and
// sorted already (Endpoint::url); it adds no x-amz-content-sha256, so each request has one; it
// sorts whole header lines, so no header's name may be the beginning of another's; and it signs a
// header that is only there to be removed ("Expect:"), so there must be none.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/core/outcome.hpp"
#include "archive/io/credentials.hpp"

namespace tidegate::archive {

struct Signing {
    Credentials credentials;
    std::string region;
};

// A piece of a file, as the body of a request.
struct FilePiece {
    int descriptor = -1;  // -1: the body is `body`
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct HttpRequest {
    std::string method;
    std::string url;
    std::vector<std::string> headers{};  // "Name: value"
    std::string body{};
    FilePiece piece{};
    std::optional<Signing> signing{};
    // Over everything. A body gets more: kSlowestRate.
    std::chrono::milliseconds deadline{60'000};
    bool direct = false;  // not through a proxy
};

struct HttpAnswer {
    unsigned status = 0;
    std::string etag;  // with its quotes
    std::string date;
    std::string bucket_region;
    std::string encryption;  // x-amz-server-side-encryption
    std::optional<std::uint64_t> length;
    std::string body;

    AnswerHead head() const { return {status, bucket_region, date}; }
};

// Slower than this over kSlowFor, in bytes a second, is a server that hangs.
inline constexpr long kSlowestRate = 1024;
inline constexpr std::chrono::seconds kSlowFor{30};

struct TransferSettings {
    bool https_only = true;
    std::string ca_file{};  // empty: the system's
    // True: what is under way is to end at once. May be null.
    std::atomic<bool> const* cancelled = nullptr;
    // Bytes that have been sent are added here. May be null.
    std::atomic<std::uint64_t>* sent = nullptr;
    std::chrono::seconds slow_for = kSlowFor;
};

class Transfer {
public:
    // For plain HTTP.
    Transfer();
    explicit Transfer(TransferSettings settings);
    ~Transfer();
    Transfer(Transfer const&) = delete;
    Transfer& operator=(Transfer const&) = delete;

    // The answer, whatever its status is.
    std::expected<HttpAnswer, Trouble> perform(HttpRequest const& request);

private:
    struct State;
    struct Callbacks;
    void prepare_connection(HttpRequest const& request);
    void prepare_method(HttpRequest const& request);

    std::unique_ptr<State> state_;
};

}  // namespace tidegate::archive
