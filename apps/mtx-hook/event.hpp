// What one hook call says, read from the router's variables and written as the event's JSON body.
// Pure; any thread. The body's schema is specs/001-mediamtx-integration/contracts/hook-events.json.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace tidegate::hook {

// Exit codes. One per thing to repair, so that a router that logs only the code still tells.
enum class Failure : int {
    usage = 2,        // wrong argument, or a variable is missing
    bad_url = 3,      // ORCHESTRATOR_URL is not http[s]://host[:port][/prefix]
    unreachable = 4,  // the host has no address, or nobody accepts the connection
    timeout = 5,      // kDeadline passed
    http_status = 6,  // answered, but not with 2xx
    protocol = 7,     // the answer is not HTTP, or the connection broke
    untrusted = 8,    // the certificate of an https:// address is not accepted
};

struct Error {
    Failure failure;
    std::string message;       // names the variable, address or status
    unsigned http_status = 0;  // 0: none was received
};

struct Event {
    std::string path;
    std::string query;        // the publisher's own, without the router's extra encoding
    std::string source_type;  // rtmp, rtsp, ...; an unknown one as the router wrote it
    std::string source_id;
};

using Environment = std::function<char const*(char const* name)>;  // null: not set

// MTX_QUERY may be unset (an older router's way to say that there is none); the others may not.
std::expected<Event, Error> read_event(Environment const& environment);
// The value of a variable; an error when it is unset or empty.
std::expected<std::string, Error> required(Environment const& environment, char const* name);

// MediaMTX from 1.18.1 on form-encodes the query once more. Older ones do not, and nothing says
// which one calls. So a value that this encoder could have written is decoded; any other is taken
// as it is. The encoder never writes = & / : or a lower-case escape, so a raw query with a
// parameter ("lang=es") is always recognised. A raw query with none of these, but with + or an
// upper-case escape ("a+b", "a%3Db"), is taken for an encoded one.
std::string decode_query(std::string_view value);

// rtmpConn and rtmpsConn -> rtmp, rtspSession -> rtsp, ...; an unknown type passes.
std::string_view normalise_source_type(std::string_view type);

// Bytes that are not UTF-8 cannot stand in JSON: each becomes its percent-escape, which is how a
// URL writes it and loses nothing to a reader that decodes the query.
std::string to_utf8(std::string_view bytes);
std::string to_json(Event const& event);

// The line for stderr. timestamp: RFC 3339, UTC.
std::string failure_line(Error const& error, std::string_view timestamp, Event const& event,
                         std::string_view correlation_id);

}  // namespace tidegate::hook
