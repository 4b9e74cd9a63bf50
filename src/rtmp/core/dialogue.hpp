// A client without logic for the tests of ServerSession: sends what a test says, and writes down
// each reply of the server as one line of text, e.g. `3/0 _result 1 {fmsVer:"...",capabilities:31}
// ...`.
#pragma once

#include <string>
#include <vector>

#include "rtmp/core/amf0.hpp"
#include "rtmp/core/command.hpp"
#include "rtmp/core/test_support.hpp"

namespace tidegate::rtmp::test {

inline std::string to_text(amf0::Value const& value) {
    if (auto const* const text = value.string()) return '"' + *text + '"';
    if (auto const number = value.number()) {
        auto text = std::to_string(*number);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
        return text;
    }
    if (auto const* const object = value.object()) {
        std::string text;
        for (auto const& member : object->members) {
            text += (text.empty() ? "" : ",") + member.name + ":" + to_text(member.value);
        }
        return "{" + text + "}";
    }
    if (auto const truth = value.boolean()) return *truth ? "true" : "false";
    if (std::holds_alternative<amf0::Null>(value.storage())) return "null";
    return "?";
}

inline std::string to_text(SeenMessage const& message) {
    auto text = std::to_string(message.chunk_stream_id) + "/" +
                std::to_string(message.message_stream_id) + " ";
    if (message.type != 18 && message.type != 20) {
        text += "type " + std::to_string(message.type) + " ";
        constexpr std::string_view kDigits = "0123456789abcdef";
        for (auto const byte : message.body) {
            text += kDigits[byte >> 4];
            text += kDigits[byte & 15];
        }
        return text;
    }
    amf0::Reader reader(message.body);
    while (!reader.done()) {
        auto const value = reader.next();
        if (!value) return text + "<" + value.error() + ">";
        text += to_text(*value) + " ";
    }
    text.pop_back();
    return text;
}

class Dialogue {
public:
    explicit Dialogue(Limits const& limits = {}) : session(1, limits), reader_(Limits{}) {}

    // All of these return what feed() returned.
    Result send(base::ByteView bytes) {
        auto result = session.feed(bytes, sink);
        drain();
        return result;
    }
    Result shake_hands() { return send(client_hello()); }
    Result send(MessageType type, base::ByteView body, std::uint32_t timestamp = 0) {
        base::Bytes wire;
        append_message(wire, {type, 3, kMessageStream, timestamp}, body, kDefaultChunkSize);
        return send(wire);
    }
    Result command(Command const& command) {
        return send(MessageType::command_amf0, write_command(command));
    }
    Result connect(std::string tc_url = "rtmp://h/live/demo") {
        return command(
            {"connect", 1, amf0::Object{}.with("app", "live/demo").with("tcUrl", tc_url), {}});
    }
    Result publish(std::string key = "in") {
        return command({"publish", 5, amf0::Null{}, {std::move(key), "live"}});
    }
    Result play(std::string key = "out") {
        return command({"play", 4, amf0::Null{}, {std::move(key)}});
    }
    // Up to and including the request; forgets the replies so far.
    void start_publish() {
        static_cast<void>(shake_hands());
        static_cast<void>(connect());
        static_cast<void>(publish());
        take_replies();
    }

    // After calls of accept_*() or reject().
    void drain() {
        auto bytes = std::move(session.output());
        session.output() = {};
        if (handshake_left_ > 0) {
            auto const count = std::min(handshake_left_, bytes.size());
            handshake_left_ -= count;
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
        }
        RecordingMessages seen;
        seen.reader = &reader_;
        if (auto const read = reader_.feed(bytes, seen); !read)
            replies_.push_back(read.error().text);
        for (auto const& message : seen.seen) replies_.push_back(to_text(message));
    }
    std::vector<std::string> take_replies() { return std::exchange(replies_, {}); }

    ServerSession session;
    RecordingServer sink;

private:
    ChunkReader reader_;
    std::size_t handshake_left_ = 1 + 2 * kHandshakePacketSize;
    std::vector<std::string> replies_;
};

}  // namespace tidegate::rtmp::test
