#include "kubernetes/core/failure.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/number.hpp"
#include "base/utf8.hpp"
#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {

namespace json = boost::json;

namespace {

// A refused Pod names each field that is wrong; more than this nobody reads in a log line.
constexpr std::size_t kMaxMessage = 500;
constexpr std::size_t kMaxReason = 64;

// A server that asks for a longer pause is asked again after this one.
constexpr std::int64_t kLongestRetrySeconds = 60;

// One line of text for logs and operators.
std::string one_line(std::string const& text, std::size_t most) {
    std::string line(base::utf8_prefix(text, most));
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return line;
}

}  // namespace

std::string describe(Failure const& failure) {
    if (failure.code == 0) return failure.message;
    auto text = std::to_string(failure.code);
    if (!failure.reason.empty()) text += " " + failure.reason;
    if (!failure.message.empty()) text += ": " + failure.message;
    return text;
}

Failure failure_of(unsigned code, std::string_view body, std::string_view retry_after) {
    Failure failure{.code = code};
    // A date (RFC 9110 §10.2.3) is no number, and is ignored: the API server sends seconds.
    if (auto const seconds = base::parse_number<std::int64_t>(retry_after); seconds) {
        failure.retry_after =
            std::chrono::seconds{std::clamp<std::int64_t>(*seconds, 0, kLongestRetrySeconds)};
    }
    boost::system::error_code error;
    auto const status = json::parse(body, error);
    if (error || text_at(status, {"kind"}) != "Status") {
        failure.message = "the answer is no Status of the Kubernetes API";
        return failure;
    }
    failure.reason = one_line(text_at(status, {"reason"}), kMaxReason);
    failure.message = one_line(text_at(status, {"message"}), kMaxMessage);
    auto const wait = number_at(status, {"details", "retryAfterSeconds"});
    if (!failure.retry_after && wait) {
        failure.retry_after =
            std::chrono::seconds{std::clamp<std::int64_t>(*wait, 0, kLongestRetrySeconds)};
    }
    return failure;
}

}  // namespace tidegate::kubernetes
