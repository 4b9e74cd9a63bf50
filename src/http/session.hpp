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
    asio::awaitable<void> ask_handler();
    void finish(Response response);
    void end_request(Response response);
    void respond_refusal(Refusal refusal, std::string_view detail);
    bool may_keep_alive() const;
    bool has_output() const;
    bool body_apart() const { return !large_body_.empty() || !slices_.empty(); }
    // Sends what of these bytes the socket takes; nothing more if there is an error.
    boost::system::error_code send(std::vector<asio::const_buffer>& rest);
    asio::awaitable<bool> write(std::vector<asio::const_buffer> bytes);
    asio::awaitable<bool> flush();
    asio::awaitable<boost::system::error_code> receive(std::string_view& read);
    asio::awaitable<bool> read_more();
    asio::awaitable<void> run_stream();
    void keep_rest();
    asio::awaitable<bool> wait_for_client_to_leave();
    asio::awaitable<void> linger();
    void set_read_deadline();
    void interrupt();

    ServerCore& core_;
    asio::ip::tcp::socket socket_;
    std::list<Session*>::iterator listed_;
    Request request_;
    RequestReader reader_;
    // What has been read and not used: in the server's read buffer, which all sessions share, or in
    // rest_. So a connection that waits for a request has no buffer.
    std::string_view input_;
    std::string rest_;
    std::string out_;
    // These go out behind out_, without being copied into it.
    std::string large_body_;
    std::vector<base::SharedBytes> slices_;
    std::function<asio::awaitable<void>(BodyStream&)> stream_;
    std::function<asio::awaitable<void>(asio::ip::tcp::socket)> take_over_;
    Clock::time_point deadline_ = Clock::time_point::max();
    std::optional<RequestReader::State> deadline_of_;  // which wait the deadline was set for
    bool expired_ = false;                             // the deadline has passed
    bool closing_ = false;                             // the connection ends after what is in out_
    bool at_gate_ = false;     // the header is there, and the gate has to be asked
    bool at_handler_ = false;  // the request is there, and a handler that may wait has to be asked
    bool admitted_ = false;    // the request may go on to its handler
    bool backlog_ = false;     // the input may hold another whole request
};

}  // namespace tidegate::http
