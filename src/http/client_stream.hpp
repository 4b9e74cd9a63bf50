// An answer whose body is read in pieces (Client::stream()). Internal to this folder. One event
// loop; a local of its coroutine.
#pragma once

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "http/client_connection.hpp"

namespace tidegate::http {

class StreamedAnswer {
public:
    // request and url must outlive this.
    StreamedAnswer(ClientRequest const& request, ClientUrl const& url, ClientTrust trust);

    // Connects, sends, and reads the header, all within the request's deadline.
    asio::awaitable<std::expected<void, std::string>> begin();
    // REQUIRES: begin() has succeeded.
    asio::awaitable<std::expected<ClientResponse, std::string>> read(
        std::chrono::milliseconds idle, Client::OnPiece const& on_piece);

private:
    using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;
    using Begun = std::expected<void, std::string>;
    using Error = boost::system::error_code;

    asio::awaitable<std::expected<Begun, Error>> open();
    // The size of the next piece, which is in piece_; 0: there was none yet.
    asio::awaitable<std::expected<std::size_t, Error>> read_piece();

    ClientRequest const& request_;
    ClientUrl const& url_;
    ClientTrust const trust_;
    ClientConnectionPtr connection_;
    Parser parser_;
    std::vector<char> piece_;
};

}  // namespace tidegate::http
