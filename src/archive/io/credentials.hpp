// Who we are at the bucket. They come from a file, from the environment, or from the machine's
// metadata service, and go into signatures only: never into argv, logs or metrics. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <mutex>
#include <string>
#include <string_view>

namespace tidegate::archive {

struct Credentials {
    std::string key_id;
    std::string secret;
    std::string token;  // of a session; empty: there is none
    std::chrono::sys_seconds expires = std::chrono::sys_seconds::max();
};

// Reads {"AccessKeyId", "SecretAccessKey", "SessionToken" or "Token", "Expiration"}: the form in
// which the metadata service answers, and in which `aws configure export-credentials` prints. The
// error is a sentence that repeats nothing.
std::expected<Credentials, std::string> parse_credentials(std::string_view text);

struct CredentialSettings {
    Credentials environment{};  // without a key: not given
    std::string file{};         // empty: none
    bool metadata = false;      // ask the metadata service of the machine
    // A machine of EC2 has it here. Only http and a link-local or loopback address are accepted by
    // the command line.
    std::string metadata_endpoint = "http://169.254.169.254";
};

// Why the file may not be read by us, or by too many others; empty: it is fine.
std::string credentials_file_problem(std::string const& file);

class CredentialSource {
public:
    explicit CredentialSource(CredentialSettings settings) : settings_(std::move(settings)) {}

    // Reads the file again each time, so that a new one counts at once. What the metadata service
    // has told is kept until some minutes before it expires. May block for some seconds. The error
    // is a sentence.
    std::expected<Credentials, std::string> get();
    // The server has refused what get() returned: ask again next time.
    void forget();

private:
    std::expected<Credentials, std::string> ask_metadata() const;

    CredentialSettings const settings_;
    std::mutex mutex_;
    Credentials kept_;
};

}  // namespace tidegate::archive
