// Where the bucket is, and the URLs of what is in it. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate::archive {

struct EndpointSettings {
    std::string endpoint{};  // https://HOST[:PORT]; empty: that of AWS for the region
    std::string bucket{};
    std::string region = "us-east-1";
    bool virtual_host = false;  // https://BUCKET.HOST/KEY instead of https://HOST/BUCKET/KEY
    bool allow_http = false;    // also to other machines
};

// Names of parameters and values, not encoded, in ascending order of the names: libcurl signs the
// query as it stands, and a signature wants it sorted. A parameter without a value has the value
// "".
using Query = std::vector<std::pair<std::string_view, std::string>>;

class Endpoint {
public:
    // The error is a sentence.
    static std::expected<Endpoint, std::string> make(EndpointSettings const& settings);

    // key: not encoded; empty: the bucket itself.
    std::string url(std::string_view key, Query const& query = {}) const;
    std::string const& region() const { return region_; }
    bool is_https() const { return https_; }

private:
    std::string base_;  // ends with a slash
    std::string region_;
    bool https_ = true;
};

bool is_loopback_host(std::string_view host);

}  // namespace tidegate::archive
