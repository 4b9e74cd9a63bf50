#include "archive/io/credentials.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "archive/io/transfer.hpp"
#include "archive/spool/files.hpp"
#include "base/go_time.hpp"

namespace tidegate::archive {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// Bytes of a key, a secret or a token. AWS's session tokens have up to about 2000; each becomes a
// header.
constexpr std::size_t kMaxSecretBytes = 8192;
// Before they expire, new ones are there already.
constexpr std::chrono::seconds kRenewBefore = 5min;
// The metadata service is on the machine itself, or it is not there at all.
constexpr std::chrono::milliseconds kMetadataDeadline{3'000};
constexpr std::size_t kMaxRoleBytes = 64;

bool is_header_text(std::string_view text) {
    return text.size() <= kMaxSecretBytes &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::optional<std::string> member(json::object const& object, char const* name) {
    auto const* const value = object.if_contains(name);
    if (value == nullptr || value->is_null()) return std::string{};
    if (!value->is_string() || !is_header_text(std::string_view(value->as_string())))
        return std::nullopt;
    return std::string(std::string_view(value->as_string()));
}

bool is_role(std::string_view role) {
    return !role.empty() && role.size() <= kMaxRoleBytes && std::ranges::all_of(role, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("+=,.@_-").contains(c);
    });
}

std::string ask(Transfer& transfer, char const* method, std::string url, std::string header) {
    HttpRequest request;
    request.method = method;
    request.url = std::move(url);
    request.headers.push_back(std::move(header));
    request.deadline = kMetadataDeadline;
    request.direct = true;
    auto const answer = transfer.perform(request);
    return answer && answer->status == 200 ? answer->body : std::string{};
}

}  // namespace

std::expected<Credentials, std::string> parse_credentials(std::string_view text) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    if (error || !value.is_object()) return std::unexpected("they are not a JSON object");
    auto const& object = value.as_object();
    auto const id = member(object, "AccessKeyId");
    auto const secret = member(object, "SecretAccessKey");
    auto const session = member(object, "SessionToken");
    auto const token = member(object, "Token");
    auto const expires = member(object, "Expiration");
    if (!id || !secret || !session || !token || !expires || id->empty() || secret->empty()) {
        return std::unexpected("AccessKeyId and SecretAccessKey must be words");
    }
    Credentials read{*id, *secret, session->empty() ? *token : *session};
    if (!expires->empty()) {
        auto const time = base::parse_go_time(*expires);
        if (!time) return std::unexpected("Expiration is no time");
        read.expires = std::chrono::floor<std::chrono::seconds>(*time);
    }
    return read;
}

std::string credentials_file_problem(std::string const& name) {
    File const file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return file_error("open", name).error();
    struct stat found{};
    if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))
        return name + " is not a regular file";
    if (found.st_uid != ::geteuid() && found.st_uid != 0) return name + " belongs to somebody else";
    if ((found.st_mode & 0077) != 0) return name + " can be read by others: chmod 600";
    return {};
}

std::expected<Credentials, std::string> CredentialSource::get() {
    if (!settings_.file.empty()) {
        if (auto problem = credentials_file_problem(settings_.file); !problem.empty()) {
            return std::unexpected(std::move(problem));
        }
        auto const text = read_file(settings_.file);
        if (!text) return std::unexpected(text.error());
        auto read = parse_credentials(*text);
        if (!read) return std::unexpected(settings_.file + ": " + read.error());
        return read;
    }
    if (!settings_.metadata) return settings_.environment;
    std::lock_guard const lock(mutex_);
    auto const now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (!kept_.key_id.empty() && now < kept_.expires - kRenewBefore) return kept_;
    auto asked = ask_metadata();
    if (asked) kept_ = *asked;
    return asked;
}

void CredentialSource::forget() {
    std::lock_guard const lock(mutex_);
    kept_ = {};
}

// IMDSv2: a token first, so that a proxy or a page that is made to fetch a URL gets nothing.
std::expected<Credentials, std::string> CredentialSource::ask_metadata() const {
    Transfer transfer;
    auto const& base = settings_.metadata_endpoint;
    auto const token = ask(transfer, "PUT", base + "/latest/api/token",
                           "X-aws-ec2-metadata-token-ttl-seconds: 300");
    if (token.empty() || !is_header_text(token)) {
        return std::unexpected("the metadata service of this machine gives no token");
    }
    auto const header = "X-aws-ec2-metadata-token: " + token;
    auto const roles = base + "/latest/meta-data/iam/security-credentials/";
    auto const role = ask(transfer, "GET", roles, header);
    if (!is_role(role))
        return std::unexpected("the metadata service of this machine names no role");
    auto read = parse_credentials(ask(transfer, "GET", roles + role, header));
    if (!read) return std::unexpected("the metadata service: " + read.error());
    return read;
}

}  // namespace tidegate::archive
