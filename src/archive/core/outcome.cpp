#include "archive/core/outcome.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::archive {

namespace {

constexpr std::array<std::string_view, kFailures> kNames = {
    "network",     "timeout", "server",  "refused", "clock",   "checksum", "redirect", "answer",
    "credentials", "disk",    "stopped", "missing", "changed", "name",     "object"};

constexpr std::string_view kChecksumCodes[] = {"BadDigest", "InvalidDigest",
                                               "XAmzContentSHA256Mismatch",
                                               "XAmzContentChecksumMismatch", "IncompleteBody"};
constexpr std::string_view kServerCodes[] = {"SlowDown", "RequestTimeout", "InternalError",
                                             "ServiceUnavailable", "TooManyRequests"};
constexpr std::string_view kNameCodes[] = {"KeyTooLongError", "EntityTooLarge", "InvalidObjectName",
                                           "XMinioInvalidObjectName"};

Failure failure_of(unsigned status, std::string_view code) {
    auto const is_one_of = [code](auto const& codes) {
        return std::ranges::find(codes, code) != std::end(codes);
    };
    if (code == "RequestTimeTooSkewed") return Failure::clock;
    if (is_one_of(kChecksumCodes)) return Failure::checksum;
    if (is_one_of(kNameCodes)) return Failure::name;
    if (is_one_of(kServerCodes) || status >= 500 || status == 408 || status == 429)
        return Failure::server;
    if (status >= 300 && status < 400) return Failure::redirect;
    return status >= 400 ? Failure::refused : Failure::answer;
}

}  // namespace

std::string_view to_string(Failure failure) {
    return kNames[static_cast<std::size_t>(failure)];
}

Trouble trouble_of(AnswerHead const& head, std::string_view body) {
    auto const error = parse_error(body).value_or(S3Error{});
    auto const failure = failure_of(head.status, error.code);
    std::string detail = "the server answered " + std::to_string(head.status);
    if (!error.code.empty()) detail += " " + error.code;
    if (!error.message.empty()) detail += ": " + error.message;
    if (failure == Failure::redirect) {
        detail += "; redirects are not followed, because the credentials would go along";
        if (!head.location_region.empty()) {
            detail += ": the bucket's region is " + head.location_region;
        }
    }
    if (failure == Failure::clock) {
        detail += "; set the clock of this machine: it is " + head.date + " there";
    }
    return {failure, std::move(detail)};
}

}  // namespace tidegate::archive
