#include "http/request_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "base/lower_case.hpp"
#include "http/target.hpp"

namespace tidegate::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;
using View = boost::beast::string_view;

// RFC 9112 §2.2 wants at least one ignored; some clients end a body with a spare CRLF.
constexpr std::size_t kMaxLeadingEmptyLines = 4;

// "0\r\n\r\n". Beast 1.81 asserts that it sees as many when it looks at a last chunk again.
constexpr std::size_t kShortestLastChunk = 5;

}  // namespace

// Hands what Beast finds to the Request.
class RequestReader::Parser final : public beast_http::basic_parser<true> {
public:
    Parser(Limits const& limits, Request& request)
        : request_(request), body_bytes_(limits.body_bytes) {
        eager(true);
        // Beast 1.81 would subtract a chunk from its limit at each look at the chunk's header.
        body_limit(boost::none);
        // The reader has measured the header already.
        header_limit(static_cast<std::uint32_t>(limits.header_bytes + kMaxSlack));
    }

    std::string const& complaint() const { return complaint_; }
    bool is_http_1_0() const { return version_ < 11; }
    bool has_length() const { return lengths_ > 0 || encodings_ > 0; }

private:
    static constexpr std::size_t kMaxSlack = 16;

    void complain(std::string sentence, error_code& error) {
        complaint_ = std::move(sentence);
        error = beast_http::error::bad_value;
    }

    void on_request_impl(beast_http::verb, View method, View target, int version,
                         error_code& error) override {
        request_.method.assign(method.data(), method.size());
        request_.target.assign(target.data(), target.size());
        version_ = version;
        auto parsed = tidegate::http::parse_target(request_.target);
        if (!parsed) return complain(std::move(parsed.error()), error);
        request_.path = std::move(parsed->path);
        request_.query = std::move(parsed->query);
    }

    void on_field_impl(beast_http::field name, View name_text, View value,
                       error_code& error) override {
        if (in_trailer_) return;  // a trailer must not pass for a header
        if (name == beast_http::field::host) ++hosts_;
        if (name == beast_http::field::content_length) ++lengths_;
        if (name == beast_http::field::transfer_encoding) {
            ++encodings_;
            if (!boost::beast::iequals(value, "chunked")) {
                return complain("the only transfer encoding taken is chunked", error);
            }
        }
        request_.headers.emplace_back(base::lower_case({name_text.data(), name_text.size()}),
                                      std::string(value.data(), value.size()));
    }

    void on_header_impl(error_code& error) override {
        in_trailer_ = true;
        bool const old = is_http_1_0();
        if (hosts_ > 1 || (hosts_ == 0 && !old))
            return complain("one Host header is required", error);
        if (lengths_ > 1) return complain("more than one Content-Length", error);
        if (lengths_ > 0 && encodings_ > 0) {
            return complain("both Content-Length and Transfer-Encoding", error);
        }
        if (encodings_ > 0 && old) return complain("HTTP/1.0 has no Transfer-Encoding", error);
        if (content_length().value_or(0) > body_bytes_) error = beast_http::error::body_limit;
    }

    void on_response_impl(int, View, int, error_code&) override {}
    // No reservation by the announced length: it costs the sender nothing to lie.
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(View body, error_code&) override {
        request_.body.append(body.data(), body.size());
        return body.size();
    }
    // Refused as soon as it is announced, not when the bytes come.
    void on_chunk_header_impl(std::uint64_t size, View, error_code& error) override {
        if (size > body_bytes_ - std::min(body_bytes_, request_.body.size())) {
            error = beast_http::error::body_limit;
        }
    }
    std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code& error) override {
        return on_body_impl(body, error);
    }
    void on_finish_impl(error_code&) override {}

    Request& request_;
    std::size_t const body_bytes_;
    std::string complaint_;
    int version_ = 11;
    int hosts_ = 0;
    int lengths_ = 0;
    int encodings_ = 0;
    bool in_trailer_ = false;
};

RequestReader::RequestReader(Limits limits, Request& request)
    : limits_(limits), request_(request) {}

RequestReader::~RequestReader() = default;

bool RequestReader::keep_alive() const {
    return parser_ && parser_->keep_alive();
}
bool RequestReader::has_length() const {
    return parser_ && parser_->has_length();
}
bool RequestReader::is_http_1_0() const {
    return parser_ && parser_->is_http_1_0();
}
bool RequestReader::take_expects_continue() {
    return std::exchange(expects_continue_, false);
}

void RequestReader::next() {
    parser_.reset();
    request_.method.clear();
    request_.target.clear();
    request_.path.clear();
    request_.query.clear();
    request_.headers.clear();
    request_.body.clear();
    request_.params.clear();
    state_ = State::idle;
    line_start_ = 0;
    empty_lines_ = 0;
    expects_continue_ = false;
}

void RequestReader::refuse(Refusal refusal, std::string detail) {
    state_ = State::refused;
    refusal_ = refusal;
    detail_ = std::move(detail);
}

std::size_t RequestReader::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (state_ == State::idle && bytes.substr(used).starts_with("\r\n")) {
        if (++empty_lines_ > kMaxLeadingEmptyLines) {
            refuse(Refusal::bad_request, "empty lines instead of a request");
            return used;
        }
        used += 2;
    }
    if (state_ == State::idle && bytes.substr(used) == "\r")
        return used;  // perhaps another empty line
    if (state_ == State::idle && used < bytes.size()) state_ = State::header;
    if (state_ == State::header) used += feed_header(bytes.substr(used));
    if (state_ == State::body) used += feed_body(bytes.substr(used));
    return used;
}

bool RequestReader::check_line(std::string_view line, bool is_first) {
    if (!line.ends_with('\r')) {
        refuse(Refusal::bad_request, "a line ends without a carriage return");
    } else if (is_first && !line.ends_with(" HTTP/1.1\r") && !line.ends_with(" HTTP/1.0\r")) {
        refuse(Refusal::bad_request, "not an HTTP/1.1 request line");
    } else if (!is_first && (line.front() == ' ' || line.front() == '\t')) {
        refuse(Refusal::bad_request, "a folded header line");
    }
    return state_ != State::refused;
}

std::size_t RequestReader::scan_header(std::string_view bytes) {
    auto const too_large =
        "the header is larger than " + std::to_string(limits_.header_bytes) + " bytes";
    while (true) {
        auto const end = bytes.find('\n', line_start_);
        // A line beyond the limit is not looked at, however much of it has come already.
        if (end == std::string_view::npos || end >= limits_.header_bytes) break;
        auto const line = bytes.substr(line_start_, end - line_start_);
        if (!check_line(line, line_start_ == 0)) return 0;
        line_start_ = end + 1;
        if (line.size() == 1) return line_start_;
    }
    if (bytes.size() > limits_.header_bytes) refuse(Refusal::headers_too_large, too_large);
    return 0;
}

std::size_t RequestReader::feed_header(std::string_view bytes) {
    auto const size = scan_header(bytes);
    if (size == 0) return 0;
    parser_ = std::make_unique<Parser>(limits_, request_);
    error_code error;
    parser_->put(boost::asio::const_buffer(bytes.data(), size), error);
    if (error == beast_http::error::need_more) error = {};
    if (error == beast_http::error::body_limit) {
        refuse(Refusal::body_too_large,
               "the body is larger than " + std::to_string(limits_.body_bytes) + " bytes");
    } else if (error || !parser_->is_header_done()) {
        auto const& complaint = parser_->complaint();
        refuse(Refusal::bad_request, complaint.empty() ? error.message() : complaint);
    } else {
        state_ = parser_->is_done() ? State::complete : State::body;
        request_.http_1_0 = parser_->is_http_1_0();
        auto const expect = request_.header("expect");
        expects_continue_ = state_ == State::body && expect && !parser_->is_http_1_0() &&
                            boost::beast::iequals({expect->data(), expect->size()}, "100-continue");
    }
    return size;
}

std::size_t RequestReader::feed_body(std::string_view bytes) {
    if (bytes.empty()) return 0;
    expects_continue_ = false;  // the body comes without our asking
    std::size_t used = 0;
    while (state_ == State::body) {
        auto const taken = feed_piece(bytes.substr(used));
        used += taken;
        if (taken == 0) break;
    }
    return used;
}

// Beast takes a chunk's header and the trailer whole or not at all. It is shown one byte more than
// they may have, so that they are refused alike in whichever pieces they come.
std::size_t RequestReader::feed_piece(std::string_view rest) {
    if (rest.empty() || (parser_->chunked() && rest.size() < kShortestLastChunk)) return 0;
    auto const bytes = rest.substr(0, limits_.header_bytes + 1);
    error_code error;
    auto const used = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error == beast_http::error::need_more) error = {};
    if (error == beast_http::error::body_limit) {
        refuse(Refusal::body_too_large,
               "the body is larger than " + std::to_string(limits_.body_bytes) + " bytes");
    } else if (error) {
        refuse(Refusal::bad_request, error.message());
    } else if (parser_->is_done()) {
        state_ = State::complete;
    } else if (used == 0 && bytes.size() > limits_.header_bytes) {
        refuse(Refusal::bad_request, "a chunk's header or the trailer is too large");
    }
    return used;
}

}  // namespace tidegate::http
