// The byte stream below a WebSocket: TCP, or TLS over TCP. It is one type for both, and hides the
// handlers of those who read and write, so that WebSocket and TLS are compiled once each, and not
// once for every pair. One event loop.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/container/static_vector.hpp>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace tidegate::sts {

class Transport {
public:
    using executor_type = boost::asio::any_io_executor;
    using Error = boost::system::error_code;

    explicit Transport(boost::asio::ip::tcp::socket socket);
    // host: for whom the peer's certificate must be. ca_file: see net::TlsTrust; the error is that
    // of net::TlsClientContext::make().
    static std::expected<Transport, std::string> over_tls(boost::asio::ip::tcp::socket socket,
                                                          std::string const& host,
                                                          std::string const& ca_file);
    Transport(Transport&&) noexcept;
    ~Transport();

    executor_type get_executor();
    // The client's handshake of TLS. REQUIRES: it was made by over_tls().
    boost::asio::awaitable<Error> shake_hands();
    // What is wrong with the peer's certificate; empty: nothing is, or it has none.
    std::string certificate_problem() const;
    // Ends what is under way.
    void abort();

    // As Asio's streams have them.
    template <class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
            [self = this](auto handler, Buffers const& into) {
                // One buffer: what is left comes with the next read.
                self->read(*boost::asio::buffer_sequence_begin(into),
                           self->completion_of<std::size_t>(std::move(handler)));
            },
            token, buffers);
    }
    template <class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
            [self = this](auto handler, Buffers const& from) {
                ConstBuffers parts;
                auto const end = boost::asio::buffer_sequence_end(from);
                for (auto i = boost::asio::buffer_sequence_begin(from);
                     i != end && parts.size() < parts.capacity(); ++i) {
                    parts.push_back(*i);
                }
                self->write(parts, self->completion_of<std::size_t>(std::move(handler)));
            },
            token, buffers);
    }

private:
    friend void beast_close_socket(Transport& transport) { transport.abort(); }
    template <class Handler>
    friend void async_teardown(boost::beast::role_type role, Transport& transport,
                               Handler&& handler) {
        transport.shut_down(role, transport.completion_of<>(std::forward<Handler>(handler)));
    }

    // A message has three parts, and WebSocket puts its header in front.
    using ConstBuffers = boost::container::static_vector<boost::asio::const_buffer, 8>;

    // A handler without its type, and what belongs to it.
    template <class... Results>
    struct Completion {
        std::move_only_function<void(Error, Results...)> call;
        executor_type executor;
        boost::asio::cancellation_slot slot;
    };
    template <class... Results, class Handler>
    Completion<Results...> completion_of(Handler handler) {
        auto const executor = boost::asio::get_associated_executor(handler, get_executor());
        auto const slot = boost::asio::get_associated_cancellation_slot(handler);
        return {std::move(handler), executor, slot};
    }

    void read(boost::asio::mutable_buffer into, Completion<std::size_t>&& done);
    void write(ConstBuffers const& from, Completion<std::size_t>&& done);
    void shut_down(boost::beast::role_type role, Completion<>&& done);

    struct Streams;
    explicit Transport(std::unique_ptr<Streams> streams);
    std::unique_ptr<Streams> streams_;
};

}  // namespace tidegate::sts
