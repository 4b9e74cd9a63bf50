#include <memory>
#include <stdexcept>

#include "micro/cases.hpp"
#include "rtmp/core/chunk_reader.hpp"
#include "rtmp/core/media_message.hpp"

namespace tidegate::bench {

namespace {

constexpr std::size_t kMessage = 10'000;  // a picture at 2.5 Mbit/s

struct Counting final : rtmp::MessageSink {
    std::size_t bytes = 0;
    rtmp::Result on_message(rtmp::Message&& message) override {
        bytes += message.body.size();
        return {};
    }
};

struct Reading {
    explicit Reading(std::uint32_t chunk_size) : reader(rtmp::Limits{}) {
        base::Bytes const body(kMessage, 0x17);
        rtmp::append_message(wire, rtmp::video_header(40), body, chunk_size);
        if (!reader.set_chunk_size(chunk_size)) throw std::logic_error("chunk size");
    }
    void operator()() {
        auto const before = sink.bytes;
        if (!reader.feed(wire, sink) || sink.bytes != before + kMessage) {
            throw std::logic_error("a message was not read");
        }
    }
    base::Bytes wire;
    rtmp::ChunkReader reader;
    Counting sink;
};

MicroStep reading(std::uint32_t chunk_size) {
    return [state = std::make_shared<Reading>(chunk_size)] { (*state)(); };
}

}  // namespace

MicroStep read_chunks_128() {
    return reading(rtmp::kDefaultChunkSize);
}

MicroStep read_chunks_65536() {
    return reading(rtmp::kOutgoingChunkSize);
}

}  // namespace tidegate::bench
