// Reads the answers to HTTP requests of one connection, as far as a load generator needs them:
// status, and the body with a length or in chunks. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::bench {

class AnswerReader {
public:
    // keep_body: it is collected; otherwise only counted.
    void begin(bool keep_body);
    // Takes bytes; true: the answer is complete. What follows it is not expected.
    bool feed(std::string_view bytes);

    bool broken() const { return broken_; }
    int status() const { return status_; }
    bool header_done() const { return header_done_; }
    std::string const& body() const { return body_; }
    std::uint64_t body_bytes() const { return body_bytes_; }

private:
    bool read_header();
    bool read_body(std::string_view bytes);
    bool read_chunks(std::string_view bytes);
    void take(std::string_view bytes);

    bool keep_body_ = false;
    bool header_done_ = false;
    bool chunked_ = false;
    bool broken_ = false;
    int status_ = 0;
    std::string header_;
    std::string line_;        // a chunk's size, as far as it has come
    std::uint64_t left_ = 0;  // of the body, or of the chunk with its line break
    bool in_chunk_ = false;
    bool last_chunk_ = false;
    std::string body_;
    std::uint64_t body_bytes_ = 0;
};

}  // namespace tidegate::bench
