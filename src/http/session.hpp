// One connection of a Server: reads requests, answers them in order, keeps the deadlines. There may
// be thousands, and most of them wait for their client, or with a PendingAnswer: those have no
// coroutine, no request and no buffer. On the server's loop.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.hpp"
#include "http/server_core.hpp"
#include "net/tls_channel.hpp"

namespace tidegate::http {

enum class Admission : unsigned char { admitted, refused };  // refused: it gets 503 and is closed

class Session final : public Asker, public std::enable_shared_from_this<Session> {
public:
    // It runs from its first byte to its end by itself, and the core lists it so long.
    static void begin(ServerCore& core, net::Link link, Admission admission);

    Session(std::shared_ptr<ServerCore> core, net::Link link);
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    // Closes the connection; the core no longer lists it.
    void end();
    // Ends what the session waits for if its deadline has passed.
    void check(Clock::time_point now);
    // The server is stopping. An idle session ends, and a stream is cancelled; a request that has
    // begun is still answered.
    void wake_for_stop() { interrupt(); }

    // Of the PendingAnswer that the connection waits for.
    void answer(Response response) override;

private:
    friend class StreamWriter;

    // What comes after that for which nothing has to be waited for.
    enum class Next : unsigned char {
        wait,  // for the client, or with the PendingAnswer
        work,  // a coroutine: it waits for something else
        end,
    };
    template <class T>
    struct WaitAllocator;

    void wait();
    void on_ready(boost::system::error_code const& waited);
    Next advance();
    static asio::awaitable<void> work(std::shared_ptr<Session> self);
    asio::awaitable<bool> step();
    static asio::awaitable<void> refuse_overloaded(std::shared_ptr<Session> self);

    // What is kept of a request for its answer.
    struct Form {
        bool keep_alive = true;
        bool head_only = false;
        bool http_1_0 = false;
    };

    // The request that is being read.
    Incoming& incoming();
    RequestReader::State state() const {
        return incoming_ ? incoming_->reader.state() : RequestReader::State::idle;
    }
    void answer_buffered();
    bool answer_next();
    bool ask_handler();
    asio::awaitable<void> pass_gate();
    asio::awaitable<void> wait_for_answer();
    void start_waiting();
    void finish(Response response);
    void put(Response response, Form form);
    Form form() const;
    void next_request();
    void end_request(Response response);
    void respond_refusal(Refusal refusal, std::string_view detail);
    bool has_output() const;
    bool body_apart() const { return !large_body_.empty() || !slices_.empty(); }
    using Buffers = boost::container::small_vector<asio::const_buffer, 8>;
    Buffers output() const;
    void clear_output();
    // Sends what of these bytes the socket takes, and leaves the others.
    boost::system::error_code send(Buffers& rest);
    // The same with all that is put out. Without an error everything has been sent.
    boost::system::error_code send_output();
    asio::awaitable<bool> send_rest(Buffers rest);
    asio::awaitable<bool> write(std::string_view bytes);
    asio::awaitable<bool> flush();
    boost::system::error_code send_sealed(Buffers& rest);
    base::ByteView next_piece(Buffers const& rest, std::size_t room);
    bool is_blocked() const { return tls_ != nullptr && tls_->is_blocked(); }
    bool read(boost::system::error_code const& waited);
    std::optional<std::string_view> open_sealed(std::string_view sealed);
    bool after_interrupt();
    bool client_stays();
    asio::awaitable<void> run_stream();
    void keep_rest();
    asio::awaitable<std::optional<std::size_t>> skip_input();
    asio::awaitable<bool> wait_for_client_to_leave();
    asio::awaitable<void> linger();
    void set_read_deadline();
    void interrupt();

    // Of the operation that waits for the client: there is one at a time.
    static constexpr std::size_t kWaitMemory = 208;

    std::shared_ptr<ServerCore> const core_;
    asio::ip::tcp::socket socket_;
    std::unique_ptr<net::TlsChannel> const tls_;  // null: in clear
    std::list<std::shared_ptr<Session>>::iterator listed_;
    std::string const remote_address_;
    std::string const remote_ip_;
    std::unique_ptr<Incoming> incoming_;  // null between requests
    std::unique_ptr<PendingAnswer> pending_;
    std::string_view input_;  // what has been read and not used: in the core's buffer, or in rest_
    std::string rest_;
    std::string out_;
    // These go out behind out_, without being copied into it.
    std::string large_body_;
    std::vector<base::SharedBytes> slices_;
    std::size_t sent_ = 0;  // bytes of all these
    std::function<asio::awaitable<void>(BodyStream&)> stream_;
    std::function<asio::awaitable<void>(net::Link)> take_over_;
    asio::awaitable<Response>
        answer_;  // of the request that is there, when it has to be waited for
    Clock::time_point deadline_ = Clock::time_point::max();
    std::optional<RequestReader::State> deadline_of_;  // which wait the deadline was set for
    bool expired_ = false;                             // the deadline has passed
    bool closing_ = false;                             // the connection ends after what is in out_
    bool at_gate_ = false;    // the header is there, and the gate has to be asked
    bool admitted_ = false;   // the request may go on to its handler
    bool backlog_ = false;    // the input may hold another whole request
    bool started_ = false;    // pending_ has been
    bool sent_more_ = false;  // the client has, behind the request that waits
    bool ended_ = false;
    bool heard_ = false;  // over TLS: the client has sent something
    Form pending_form_;
    alignas(std::max_align_t) std::array<std::byte, kWaitMemory> wait_memory_;
};

}  // namespace tidegate::http
