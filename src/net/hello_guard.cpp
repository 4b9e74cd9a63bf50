#include "net/hello_guard.hpp"

#include <algorithm>

namespace tidegate::net {

namespace {

constexpr std::uint8_t kChangeCipherSpec = 20;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kClientHello = 1;

std::size_t number(base::ByteView bytes) {
    std::size_t value = 0;
    for (auto const byte : bytes) value = value << 8 | byte;
    return value;
}

}  // namespace

bool HelloGuard::may_pass(base::ByteView bytes) {
    while (part_ != Part::nothing_more && !bytes.empty()) {
        if (part_ == Part::record_header) {
            bytes = take_header(bytes);
            continue;
        }
        auto const content = bytes.first(std::min(bytes.size(), record_left_));
        bytes = bytes.subspan(content.size());
        record_left_ -= content.size();
        if (handshake_ && !take_content(content)) return false;
        if (record_left_ == 0 && part_ == Part::content) part_ = Part::record_header;
    }
    return true;
}

base::ByteView HelloGuard::take_header(base::ByteView bytes) {
    auto const part = bytes.first(std::min(bytes.size(), header_.size() - header_size_));
    std::ranges::copy(part, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    header_size_ += part.size();
    if (header_size_ == header_.size()) begin_record();
    return bytes.subspan(part.size());
}

// After its ClientHello (a second one if the server asks for it, and an empty change of ciphers
// between them) a client's records are encrypted, or hold messages that OpenSSL keeps small.
void HelloGuard::begin_record() {
    header_size_ = 0;
    handshake_ = header_[0] == kHandshake;
    record_left_ = number(base::ByteView(header_).last(2));
    bool const known = handshake_ || header_[0] == kChangeCipherSpec;
    part_ = !known ? Part::nothing_more : record_left_ == 0 ? Part::record_header : Part::content;
}

bool HelloGuard::take_content(base::ByteView content) {
    while (!content.empty()) {
        if (message_left_ != 0) {
            auto const skipped = std::min(message_left_, content.size());
            message_left_ -= skipped;
            content = content.subspan(skipped);
            continue;
        }
        message_header_[message_header_size_++] = content.front();
        content = content.subspan(1);
        if (message_header_size_ != message_header_.size()) continue;
        message_header_size_ = 0;
        if (message_header_[0] != kClientHello) {
            part_ = Part::nothing_more;
            return true;
        }
        message_left_ = number(base::ByteView(message_header_).last(3));
        if (message_left_ > kMaxClientHello) return false;
    }
    return true;
}

}  // namespace tidegate::net
