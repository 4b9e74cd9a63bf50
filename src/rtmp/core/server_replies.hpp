// What the server answers, as bytes (RTMP 1.0 §7.2; numbers and texts are MediaMTX's). Each
// function appends to out. Any thread.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "media/track.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/metadata.hpp"

namespace tidegate::rtmp {

// Window, bandwidth, chunk size (in force for everything after it) and the _result of connect.
void append_connect_result(base::Bytes& out, double transaction_id);
// _error of connect: NetConnection.Connect.Rejected.
void append_connect_error(base::Bytes& out, double transaction_id, std::string_view description);
void append_create_stream_result(base::Bytes& out, double transaction_id);

struct Status {
    std::string_view level;  // "status" or "error"
    std::string_view code;
    std::string_view description;
};
void append_status(base::Bytes& out, double transaction_id, Status const& status);

// All that a player gets before media.
void append_play_start(base::Bytes& out, double transaction_id, media::Tracks const& tracks,
                       Metadata const& published);

}  // namespace tidegate::rtmp
