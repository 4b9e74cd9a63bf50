// The server's replies as bytes (RTMP 1.0 §7.2), with the numbers and texts of MediaMTX. Each
// function appends whole messages to `out`. transaction_id: of the command that is answered. Pure
// functions; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/metadata.hpp"
#include "rtmp/core/play_start.hpp"

namespace tidegate::rtmp {

// Accepts connect: window, bandwidth, chunk size (in force for all that follows) and _result.
void append_connect_result(base::Bytes& out, double transaction_id);
// Refuses connect: _error with NetConnection.Connect.Rejected.
void append_connect_error(base::Bytes& out, double transaction_id, std::string_view description);
// The answer to createStream; the stream's id is always kMessageStream.
void append_create_stream_result(base::Bytes& out, double transaction_id);

// The information object of onStatus.
struct Status {
    std::string_view level;  // "status" or "error"
    std::string_view code;
    std::string_view description;
};
void append_status(base::Bytes& out, double transaction_id, Status const& status);

// All that a player gets before media (ServerSession::accept_play).
void append_play_start(base::Bytes& out, double transaction_id,
                       std::vector<NumberedTrack> const& tracks, Metadata const& published);

}  // namespace tidegate::rtmp
