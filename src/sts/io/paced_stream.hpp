// A TCP connection that reads no more often than kReadsPerSecond. A peer that sends its bytes one
// by one then costs no more than any other: what it has sent meanwhile is read at once. One event
// loop.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "sts/core/allowance.hpp"

namespace tidegate::sts {

// A message of 1.5 MB over a link whose packets come one by one needs a thousand reads.
inline constexpr double kReadsPerSecond = 1000;
inline constexpr double kReadBurst = 2000;

class PacedStream {
public:
    using executor_type = boost::asio::ip::tcp::socket::executor_type;
    using lowest_layer_type = boost::asio::ip::tcp::socket::lowest_layer_type;
    using Error = boost::system::error_code;

    explicit PacedStream(boost::asio::ip::tcp::socket socket)
        : socket_(std::move(socket)), pause_(socket_.get_executor()) {}

    executor_type get_executor() { return socket_.get_executor(); }
    lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }
    boost::asio::ip::tcp::socket& socket() { return socket_; }

    // Ends what is under way.
    void abort() {
        Error ignored;
        socket_.close(ignored);
        pause_.cancel();
    }

    template <class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token) {
        return boost::asio::async_initiate<Token, void(Error, std::size_t)>(
            [self = this](auto handler, Buffers const& into) {
                self->start_read(std::move(handler), into);
            },
            token, buffers);
    }
    template <class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token) {
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }

private:
    template <class Handler, class Buffers>
    void start_read(Handler handler, Buffers const& buffers) {
        auto const now = Clock::now();
        if (reads_.take(1, now)) return socket_.async_read_some(buffers, std::move(handler));
        pause_.expires_after(reads_.until(1, now));
        auto const slot = boost::asio::get_associated_cancellation_slot(handler);
        auto const executor = boost::asio::get_associated_executor(handler, get_executor());
        auto resume = [this, buffers, handler = std::move(handler)](Error error) mutable {
            if (error) return std::move(handler)(error, std::size_t{0});
            reads_.take(1, Clock::now());
            socket_.async_read_some(buffers, std::move(handler));
        };
        pause_.async_wait(boost::asio::bind_cancellation_slot(
            slot, boost::asio::bind_executor(executor, std::move(resume))));
    }

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer pause_;
    Allowance reads_{kReadsPerSecond, kReadBurst, Clock::now()};
};

}  // namespace tidegate::sts
