// Why a request to the API server has no result: no answer at all, or a `Status` object with code,
// reason and message (Kubernetes API conventions, "Response Status Kind"). Plain values; any
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::kubernetes {

struct Failure {
    unsigned code = 0;      // the HTTP status, or Status.code; 0: there was no answer
    std::string reason{};   // Status.reason: "AlreadyExists", "Conflict", "Expired"; may be empty
    std::string message{};  // Status.message, or what happened to the connection
    // When the server wants to be asked again (Retry-After).
    std::optional<std::chrono::milliseconds> retry_after = {};

    // Whether the request was carried out cannot be known: there was no answer, or the server says
    // that it ran out of time.
    bool is_open() const { return code == 0 || code == 408 || code >= 500; }
    bool already_exists() const { return code == 409 && reason == "AlreadyExists"; }
    // The object has changed since its resourceVersion was read, or a precondition does not hold.
    bool conflict() const { return code == 409 && reason != "AlreadyExists"; }
    bool not_found() const { return code == 404; }
    // The resourceVersion or the continue token is too old: list again.
    bool expired() const { return code == 410; }
    // The same request will be refused again until a person changes something: it is not allowed
    // (401, 403), or not valid (400, 422).
    bool needs_a_person() const { return code == 400 || code == 401 || code == 403 || code == 422; }
    bool operator==(Failure const&) const = default;
};

// For people: "409 AlreadyExists: pods \"x\" already exists"; without an answer, the message alone.
std::string describe(Failure const& failure);

// The failure that an answer of this HTTP status means. body: a Status object, or anything else (a
// proxy's page), of which nothing is repeated. retry_after: the header's text; empty: there is
// none.
Failure failure_of(unsigned code, std::string_view body, std::string_view retry_after);

}  // namespace tidegate::kubernetes
