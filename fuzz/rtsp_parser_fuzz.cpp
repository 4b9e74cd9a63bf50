// Splits must not matter: the same bytes whole and in two pieces give the same items or the same
// error.
#include <cstdlib>
#include <string>

#include "rtsp/core/message_reader.hpp"

namespace {

using namespace tidegate;

struct Recorder final : rtsp::MessageSink {
    rtsp::Flow on_request(rtsp::Request&& request) override {
        base::Bytes bytes;
        rtsp::write(request, bytes);
        text += base::as_text(bytes);
        return rtsp::Flow::go_on;
    }
    rtsp::Flow on_response(rtsp::Response&& response) override {
        base::Bytes bytes;
        rtsp::write(response, bytes);
        text += base::as_text(bytes);
        return rtsp::Flow::go_on;
    }
    rtsp::Flow on_frame(std::uint8_t channel, base::ByteView payload) override {
        text += '$' + std::to_string(channel);
        text += base::as_text(payload);
        return rtsp::Flow::go_on;
    }
    std::string text;
};

std::string read(base::ByteView bytes, std::size_t split) {
    rtsp::MessageReader reader;
    Recorder recorder;
    auto result = reader.feed(bytes.first(split), recorder);
    if (result) result = reader.feed(bytes.subspan(split), recorder);
    return recorder.text + (result ? "" : "error");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    base::ByteView const bytes{data, size};
    auto const whole = read(bytes, size);
    if (size > 0 && read(bytes, data[size - 1] % size) != whole) std::abort();
    return 0;
}
