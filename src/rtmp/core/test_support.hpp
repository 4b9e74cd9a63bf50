// Shared by the tests of this folder: bytes from hex, feeding in pieces, sinks that remember.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "rtmp/core/chunk_reader.hpp"
#include "rtmp/core/client_session.hpp"
#include "rtmp/core/handshake.hpp"
#include "rtmp/core/media_message.hpp"
#include "rtmp/core/server_session.hpp"

namespace tidegate::rtmp::test {

// "03 0a ff" -> bytes.
inline base::Bytes hex(std::string_view text) {
    base::Bytes bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        bytes.push_back(static_cast<std::uint8_t>(
            std::strtoul(std::string(text.substr(i, 2)).c_str(), nullptr, 16)));
        i += 2;
    }
    return bytes;
}

inline base::Bytes text_bytes(std::string_view text) {
    auto const view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

inline base::Bytes joined(std::initializer_list<base::ByteView> parts) {
    base::Bytes all;
    for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

inline base::Bytes to_bytes(base::SharedBytes const& bytes) {
    return {bytes.view().begin(), bytes.view().end()};
}

inline base::Bytes read_corpus(std::string const& name) {
    std::ifstream in(std::string(TIDEGATE_SOURCE_DIR) + "/fuzz/corpus/" + name, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    return text_bytes(text);
}

// A message as values that compare.
struct SeenMessage {
    int type = 0;
    std::uint32_t chunk_stream_id = 0, message_stream_id = 0, timestamp = 0;
    base::Bytes body;
    bool operator==(SeenMessage const&) const = default;
};

struct RecordingMessages final : MessageSink {
    std::vector<SeenMessage> seen;
    ChunkReader* reader = nullptr;  // obeys Set Chunk Size and Abort when set

    Result on_message(Message&& message) override {
        seen.push_back({static_cast<int>(message.type), message.chunk_stream_id,
                        message.message_stream_id, message.timestamp, to_bytes(message.body)});
        if (reader == nullptr) return {};
        base::ByteReader body(message.body.view());
        if (message.type == MessageType::set_chunk_size) return reader->set_chunk_size(body.u32());
        if (message.type == MessageType::abort) reader->abort(body.u32());
        return {};
    }
};

struct RecordingServer : ServerSink {
    std::vector<PublishRequest> publishes;
    std::vector<PlayRequest> plays;
    std::vector<MediaMessage> media;
    std::vector<Metadata> metadata;
    int closed = 0;

    void on_publish(PublishRequest&& request) override { publishes.push_back(std::move(request)); }
    void on_play(PlayRequest&& request) override { plays.push_back(std::move(request)); }
    void on_media(MediaMessage&& message) override { media.push_back(std::move(message)); }
    void on_metadata(Metadata&& seen) override { metadata.push_back(std::move(seen)); }
    void on_stream_closed() override { ++closed; }
};

struct RecordingClient : ClientSink {
    int accepted = 0, closed = 0;
    std::vector<std::string> rejections;
    std::vector<MediaMessage> media;
    std::vector<Metadata> metadata;

    void on_accepted() override { ++accepted; }
    void on_rejected(std::string&& code, std::string&& description) override {
        rejections.push_back(code + ": " + description);
    }
    void on_media(MediaMessage&& message) override { media.push_back(std::move(message)); }
    void on_metadata(Metadata&& seen) override { metadata.push_back(std::move(seen)); }
    void on_stream_closed() override { ++closed; }
};

// Feeds bytes in pieces of one size; stops at the first error.
template <typename Feed>
Result feed_in_pieces(base::ByteView bytes, std::size_t piece, Feed&& feed) {
    while (!bytes.empty()) {
        auto const count = std::min(piece, bytes.size());
        // A copy of exactly that size: a read beyond it is seen by the address sanitizer.
        base::Bytes const part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
        if (auto const result = feed(base::ByteView(part)); !result) return result;
        bytes = bytes.subspan(count);
    }
    return {};
}

// C0, C1 and C2 of a client that sends zeros.
inline base::Bytes client_hello() {
    base::Bytes bytes(1 + 2 * kHandshakePacketSize);
    bytes[0] = kRtmpVersion;
    return bytes;
}

}  // namespace tidegate::rtmp::test
