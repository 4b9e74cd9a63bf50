#include "rtsp/core/message_reader.hpp"

#include <algorithm>

#include "rtsp/core/head_parser.hpp"
#include "rtsp/core/limits.hpp"

namespace tidegate::rtsp {

namespace {

constexpr std::size_t kFrameHeader = 4;

std::size_t frame_size(base::ByteView bytes) {
    return kFrameHeader + static_cast<std::size_t>(bytes[2] << 8 | bytes[3]);
}

// The position behind the blank line that ends a head, looked for from `from` on; 0 when there is
// none.
std::size_t find_head_end(std::string_view text, std::size_t from) {
    for (auto at = text.find('\n', from); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        auto const rest = text.substr(at + 1);
        if (rest.starts_with('\n')) return at + 2;
        if (rest.starts_with("\r\n")) return at + 3;
    }
    return 0;
}

}  // namespace

std::string_view describe(ParseError error) {
    switch (error) {
        case ParseError::not_rtsp:
            return "bytes are not an RTSP message";
        case ParseError::bad_version:
            return "protocol version is not RTSP/1.0";
        case ParseError::url_too_long:
            return "URL is too long";
        case ParseError::bad_header:
            return "malformed header";
        case ParseError::header_too_long:
            return "header is too long";
        case ParseError::too_many_headers:
            return "too many headers";
        case ParseError::duplicate_header:
            return "CSeq, Session or Content-Length is given twice";
        case ParseError::bad_content_length:
            return "Content-Length is not a number";
        case ParseError::body_too_long:
            return "body is too long";
        case ParseError::early_frame:
            return "interleaved frame without a session";
    }
    return "unknown error";
}

std::expected<std::size_t, ParseError> MessageReader::feed(base::ByteView bytes,
                                                           MessageSink& sink) {
    std::size_t used = 0;
    auto flow = Flow::go_on;
    if (!held_.empty()) {
        auto const taken = feed_held(bytes, sink, flow);
        if (!taken) return taken;
        used = *taken;
    }
    while (used < bytes.size() && flow == Flow::go_on && held_.empty()) {
        auto const rest = bytes.subspan(used);
        auto const done = step(rest, sink);
        if (!done) return std::unexpected(done.error());
        if (done->consumed == 0) {
            held_.assign(rest.begin(), rest.end());
            return bytes.size();
        }
        used += done->consumed;
        flow = done->flow;
    }
    return used;
}

// How many bytes the held message or frame needs at least. It is known for frames and bodies; for a
// head it is one more than there is.
std::size_t MessageReader::wanted() const {
    if (held_[0] != '$') return body_end_ > 0 ? body_end_ : held_.size() + 1;
    return held_.size() < kFrameHeader ? kFrameHeader : frame_size(held_);
}

// Completes the held message or frame with as few of `bytes` as it needs. Returns how many were
// taken.
std::expected<std::size_t, ParseError> MessageReader::feed_held(base::ByteView bytes,
                                                                MessageSink& sink, Flow& flow) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !held_.empty()) {
        auto const before = held_.size();
        auto const exact = wanted();
        // The end of a head is not known: take some bytes, and give back those behind the message.
        constexpr std::size_t kStretch = 1024;
        auto const ask = exact > before + 1 ? exact - before : kStretch;
        auto const chunk = bytes.subspan(taken, std::min(ask, bytes.size() - taken));
        held_.insert(held_.end(), chunk.begin(), chunk.end());
        auto const done = step(held_, sink);
        if (!done) return std::unexpected(done.error());
        taken += chunk.size();
        if (done->consumed == 0) continue;
        taken -= held_.size() - done->consumed;
        flow = done->flow;
        held_.clear();
    }
    return taken;
}

// Reads one message or frame from the front; consumed is 0 when it is not whole yet.
std::expected<MessageReader::Step, ParseError> MessageReader::step(base::ByteView bytes,
                                                                   MessageSink& sink) {
    if (bytes[0] == '$') {
        if (bytes.size() >= kFrameHeader && frame_size(bytes) > most_) {
            return std::unexpected(ParseError::early_frame);
        }
        if (bytes.size() < kFrameHeader || bytes.size() < frame_size(bytes)) return Step{};
        auto const size = frame_size(bytes);
        blank_bytes_ = 0;
        auto const flow = sink.on_frame(bytes[1], bytes.subspan(kFrameHeader, size - kFrameHeader));
        return Step{size, flow};
    }
    if (bytes[0] == '\r' || bytes[0] == '\n') {
        if (++blank_bytes_ > kMaxBlankBytes) return std::unexpected(ParseError::not_rtsp);
        return Step{1, Flow::go_on};
    }
    return read_message(bytes, sink);
}

std::expected<MessageReader::Step, ParseError> MessageReader::read_message(base::ByteView bytes,
                                                                           MessageSink& sink) {
    if (body_end_ > bytes.size()) return Step{};
    auto const text = base::as_text(bytes);
    if (!may_begin_head(text)) return std::unexpected(ParseError::not_rtsp);
    auto const head_end = find_head_end(text, scanned_);
    if (head_end == 0 || head_end > kMaxHead) {
        if (bytes.size() > std::min(kMaxHead, most_))
            return std::unexpected(ParseError::header_too_long);
        scanned_ = bytes.size() > 2 ? bytes.size() - 2 : 0;
        return Step{};
    }
    auto head = parse_head(text.substr(0, head_end), failed_cseq_);
    if (!head) return std::unexpected(head.error());
    if (head_end + head->content_length > most_) {
        return std::unexpected(ParseError::body_too_long);
    }
    if (bytes.size() - head_end < head->content_length) {
        body_end_ = head_end + head->content_length;
        return Step{};
    }
    scanned_ = body_end_ = blank_bytes_ = 0;
    std::string body(text.substr(head_end, head->content_length));
    Step done{head_end + head->content_length, Flow::go_on};
    if (auto* const request = std::get_if<Request>(&head->message)) {
        request->body = std::move(body);
        done.flow = sink.on_request(std::move(*request));
    } else {
        auto& response = std::get<Response>(head->message);
        response.body = std::move(body);
        done.flow = sink.on_response(std::move(response));
    }
    return done;
}

}  // namespace tidegate::rtsp
