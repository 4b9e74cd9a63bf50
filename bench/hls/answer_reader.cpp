#include "hls/answer_reader.hpp"

#include <algorithm>
#include <charconv>

namespace tidegate::bench {

namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

std::uint64_t number(std::string_view text, int base) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

}  // namespace

void AnswerReader::begin(bool keep_body) {
    *this = {};
    keep_body_ = keep_body;
}

bool AnswerReader::feed(std::string_view bytes) {
    if (header_done_) return chunked_ ? read_chunks(bytes) : read_body(bytes);
    header_ += bytes;
    auto const end = header_.find(kEnd);
    if (end == std::string::npos) return false;
    auto const rest = header_.substr(end + kEnd.size());
    header_.resize(end + 2);
    header_done_ = read_header();
    broken_ = !header_done_;
    if (broken_) return true;
    return chunked_ ? read_chunks(rest) : read_body(rest);
}

bool AnswerReader::read_header() {
    if (!header_.starts_with("HTTP/1.1 ")) return false;
    status_ = static_cast<int>(number(std::string_view(header_).substr(9, 3), 10));
    auto const value_of = [&](std::string_view name) {
        auto const at = header_.find(name);
        if (at == std::string::npos) return std::string_view();
        return std::string_view(header_).substr(at + name.size());
    };
    chunked_ = header_.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos;
    left_ = number(value_of("\r\nContent-Length: "), 10);
    return true;
}

void AnswerReader::take(std::string_view bytes) {
    body_bytes_ += bytes.size();
    if (keep_body_) body_ += bytes;
}

bool AnswerReader::read_body(std::string_view bytes) {
    take(bytes);
    left_ -= std::min<std::uint64_t>(left_, bytes.size());
    return left_ == 0;
}

// A chunk is its size, a line break, its bytes, and another line break.
bool AnswerReader::read_chunks(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!in_chunk_) {
            auto const end = bytes.find('\n');
            line_ += bytes.substr(0, end);
            if (end == std::string_view::npos) return false;
            bytes.remove_prefix(end + 1);
            auto const size = number(line_, 16);
            line_.clear();
            last_chunk_ = size == 0;
            left_ = size + 2;
            in_chunk_ = true;
        }
        auto const count = std::min<std::uint64_t>(left_, bytes.size());
        auto const media = left_ > 2 ? std::min<std::uint64_t>(count, left_ - 2) : 0;
        take(bytes.substr(0, media));
        left_ -= count;
        bytes.remove_prefix(count);
        in_chunk_ = left_ != 0;
        if (!in_chunk_ && last_chunk_) return true;
    }
    return false;
}

}  // namespace tidegate::bench
