// What mtx-hook says about itself.
#pragma once

namespace tidegate::hook {

inline constexpr char kVersion[] = "0.1.0";
inline constexpr char kUsage[] = "usage: mtx-hook ready|not-ready";

// The man page is made from this text.
inline constexpr char kHelp[] = R"(Usage: mtx-hook ready|not-ready

Tells media-service that a stream is ready, or is no longer ready. The media router runs this program. It prints nothing
when media-service has accepted the event. Otherwise it prints a JSON line to stderr.

Options:
  --help     print this text
  --version  print the version

Environment:
  ORCHESTRATOR_URL  the address of media-service: http://host[:port][/prefix], or https://
  ORCHESTRATOR_CA_FILE      of https://: trust these certificates (PEM) instead of the system's
  ORCHESTRATOR_FINGERPRINT  of https://: accept the certificate with this SHA-256, and no other
  HOOK_SECRET       with this secret the event is signed, if media-service has it, too
  MTX_PATH          the path of the stream (the router sets this and the following variables)
  MTX_QUERY         the query of the publisher
  MTX_SOURCE_TYPE   how the publisher is connected, for example rtmpConn
  MTX_SOURCE_ID     the router's id of the publisher

Exit status:
  0  media-service has accepted the event
  2  an argument is wrong, or a variable is missing
  3  ORCHESTRATOR_URL does not have this form
  4  nobody accepts the connection, or the host has no address
  5  no answer came in time
  6  media-service has answered with an error
  7  the answer is not HTTP, or the connection broke
  8  the certificate of media-service is not accepted
)";

}  // namespace tidegate::hook
