#include "sts/io/transport.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <optional>
#include <variant>

#include "net/tls_client.hpp"
#include "sts/io/paced_stream.hpp"

namespace tidegate::sts {

namespace asio = boost::asio;

namespace {

using Tls = asio::ssl::stream<PacedStream>;

// A handler for Asio again.
template <class Completion>
auto handler_of(Completion&& done) {
    return asio::bind_cancellation_slot(done.slot,
                                        asio::bind_executor(done.executor, std::move(done.call)));
}

}  // namespace

struct Transport::Streams {
    explicit Streams(asio::ip::tcp::socket socket)
        : stream(std::in_place_type<PacedStream>, std::move(socket)) {}
    Streams(asio::ip::tcp::socket socket, net::TlsPtr tls)
        : stream(std::in_place_type<Tls>, std::move(socket), tls.release()) {}

    PacedStream& lowest() {
        auto* const tls = std::get_if<Tls>(&stream);
        return tls != nullptr ? tls->next_layer() : std::get<PacedStream>(stream);
    }

    std::variant<PacedStream, Tls> stream;
};

Transport::Transport(asio::ip::tcp::socket socket)
    : streams_(std::make_unique<Streams>(std::move(socket))) {}
Transport::Transport(std::unique_ptr<Streams> streams) : streams_(std::move(streams)) {}
Transport::Transport(Transport&&) noexcept = default;
Transport::~Transport() = default;

std::expected<Transport, std::string> Transport::over_tls(asio::ip::tcp::socket socket,
                                                          std::string const& host,
                                                          std::string const& ca_file) {
    auto const context = net::TlsClientContext::make({.ca_file = ca_file});
    if (!context) return std::unexpected(context.error());
    return Transport(std::make_unique<Streams>(std::move(socket), (*context)->connect(host)));
}

Transport::executor_type Transport::get_executor() {
    return streams_->lowest().get_executor();
}

asio::awaitable<Transport::Error> Transport::shake_hands() {
    auto const [error] =
        co_await std::get<Tls>(streams_->stream)
            .async_handshake(asio::ssl::stream_base::client, asio::as_tuple(asio::use_awaitable));
    co_return error;
}

std::string Transport::certificate_problem() const {
    auto* const tls = std::get_if<Tls>(&streams_->stream);
    return tls == nullptr ? std::string() : net::certificate_problem(tls->native_handle());
}

void Transport::abort() {
    streams_->lowest().abort();
}

void Transport::read(asio::mutable_buffer into, Completion<std::size_t>&& done) {
    std::visit([&](auto& stream) { stream.async_read_some(into, handler_of(std::move(done))); },
               streams_->stream);
}

void Transport::write(ConstBuffers const& from, Completion<std::size_t>&& done) {
    std::visit([&](auto& stream) { stream.async_write_some(from, handler_of(std::move(done))); },
               streams_->stream);
}

void Transport::shut_down(boost::beast::role_type role, Completion<>&& done) {
    auto handler = handler_of(std::move(done));
    if (auto* const tls = std::get_if<Tls>(&streams_->stream)) {
        tls->async_shutdown(std::move(handler));
    } else {
        boost::beast::websocket::async_teardown(role, streams_->lowest().socket(),
                                                std::move(handler));
    }
}

}  // namespace tidegate::sts
