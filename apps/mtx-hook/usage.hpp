// What mtx-hook says about itself.
#pragma once

namespace tidegate::hook {

inline constexpr char kVersion[] = "0.1.0";
inline constexpr char kUsage[] = "usage: mtx-hook ready|not-ready";

// The man page is made from this text.
inline constexpr char kHelp[] = R"(Usage: mtx-hook ready|not-ready

Tells media-service that a stream is there (ready) or is gone (not-ready). The media router runs it; it says nothing
when media-service has taken the event, and one JSON line on stderr otherwise.

Options:
  --help     print this text
  --version  print the version

Environment:
  ORCHESTRATOR_URL  where media-service is: http://host[:port][/prefix]
  MTX_PATH          the stream's path; the router sets it and the following
  MTX_QUERY         the query that the publisher gave
  MTX_SOURCE_TYPE   how it publishes, for example rtmpConn
  MTX_SOURCE_ID     the publisher's id at the router

Exit status:
  0  media-service has taken the event
  2  a wrong argument, or a variable is missing
  3  ORCHESTRATOR_URL is not an address of that form
  4  nobody accepts the connection, or the host has no address
  5  no answer in time
  6  media-service answered with an error
  7  the answer is not HTTP, or the connection broke
)";

}  // namespace tidegate::hook
