// One connection of a Server: reads requests, answers them in order, keeps the deadlines. A local
// variable of serve(), on the server's loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.hpp"
#include "http/server_core.hpp"

namespace tidegate::http {

enum class Admission : unsigned char { admitted, refused };  // refused: it gets 503 and is closed

// Runs a session from its first byte to its end.
asio::awaitable<void> serve(std::shared_ptr<ServerCore> core, asio::ip::tcp::socket socket,
                            Admission admission);

class Session {
public:
    Session(ServerCore& core, asio::ip::tcp::socket socket);
    ~Session();
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    asio::awaitable<void> run();
    asio::awaitable<void> refuse_overloaded();

    // Ends what the session waits for if its deadline has passed.
    void check(Clock::time_point now);
    // The server is stopping. An idle session ends, and a stream is cancelled; a request that has
    // begun is still answered.
    void wake_for_stop() { interrupt(); }

private:
    friend class StreamWriter;

    void answer_buffered();
    asio::awaitable<void> pass_gate();
    void finish(Response response);
    void end_request(Response response);
    void respond_refusal(Refusal refusal, std::string_view detail);
    bool may_keep_alive() const;
    asio::awaitable<bool> write(std::string_view bytes);
    asio::awaitable<bool> flush();
    asio::awaitable<bool> read_more();
    asio::awaitable<void> run_stream();
    asio::awaitable<bool> wait_for_client_to_leave();
    asio::awaitable<void> linger();
    asio::mutable_buffer free_space();
    void set_read_deadline();
    void interrupt();

    ServerCore& core_;
    asio::ip::tcp::socket socket_;
    std::list<Session*>::iterator listed_;
    Request request_;
    RequestReader reader_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  // of the unread part of the buffer
    std::size_t end_ = 0;
    std::string out_;
    std::string large_body_;  // goes out behind out_, without being copied into it
    std::function<asio::awaitable<void>(BodyStream&)> stream_;
    Clock::time_point deadline_ = Clock::time_point::max();
    std::optional<RequestReader::State> deadline_of_;  // which wait the deadline was set for
    bool expired_ = false;                             // the deadline has passed
    bool closing_ = false;                             // the connection ends after what is in out_
    bool at_gate_ = false;   // the header is there, and the gate has to be asked
    bool admitted_ = false;  // the request may go on to its handler
    bool backlog_ = false;   // the buffer may hold another whole request
};

}  // namespace tidegate::http
