// One connection of a Server: reads requests, answers them in order, keeps the deadlines. A local
// variable of serve(), on the server's loop.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/container/small_vector.hpp>
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
    asio::awaitable<void> wait_for_answer();
    void finish(Response response);
    void end_request(Response response);
    void respond_refusal(Refusal refusal, std::string_view detail);
    bool may_keep_alive() const;
    bool has_output() const;
    bool body_apart() const { return !large_body_.empty() || !slices_.empty(); }
    using Buffers = boost::container::small_vector<asio::const_buffer, 8>;
    // Sends what of these bytes the socket takes, and leaves the others.
    boost::system::error_code send(Buffers& rest);
    asio::awaitable<bool> send_rest(Buffers rest);
    asio::awaitable<bool> write(std::string_view bytes);
    asio::awaitable<bool> flush();
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
    // Holds nearly every request of a program, and half of a browser's. There may be thousands of
    // sessions, so it is small; what must be kept of a longer request goes to rest_.
    std::array<char, 1024> buffer_;
    std::string_view input_;  // what has been read and not used: in buffer_, or in rest_
    std::string rest_;
    std::string out_;
    // These go out behind out_, without being copied into it.
    std::string large_body_;
    std::vector<base::SharedBytes> slices_;
    std::function<asio::awaitable<void>(BodyStream&)> stream_;
    std::function<asio::awaitable<void>(asio::ip::tcp::socket)> take_over_;
    asio::awaitable<Response>
        answer_;  // of the request that is there, when it has to be waited for
    Clock::time_point deadline_ = Clock::time_point::max();
    std::optional<RequestReader::State> deadline_of_;  // which wait the deadline was set for
    bool expired_ = false;                             // the deadline has passed
    bool closing_ = false;                             // the connection ends after what is in out_
    bool at_gate_ = false;   // the header is there, and the gate has to be asked
    bool admitted_ = false;  // the request may go on to its handler
    bool backlog_ = false;   // the input may hold another whole request
};

}  // namespace tidegate::http
