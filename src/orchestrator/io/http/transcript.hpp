// Answers GET /v1/streams/{id}/transcript: what was said in a stream's dubs in the last ten
// minutes, as JSON or as WebVTT (W3C), which players and editors read. The HTTP server's loop only.
#pragma once

#include "http/message.hpp"
#include "orchestrator/core/stream_records.hpp"

namespace tidegate::orchestrator {

// ?format=json or vtt; without it the Accept header decides, and JSON is the default. ?lang= picks
// a language; by default JSON has all, WebVTT the one that spoke last. ?text=transcript puts the
// original words into WebVTT, instead of the translation. 404: nothing is remembered of the stream.
http::Response transcript(StreamRecords const& records, http::Request const& request);

}  // namespace tidegate::orchestrator
