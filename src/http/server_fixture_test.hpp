// A real server on a loopback port with its loop on a thread of its own, and a client that sends
// exactly the bytes it is told. For the tests of server and client.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "http/server.hpp"

namespace tidegate::http {

using asio::ip::tcp;

// Blocking; every read ends with what the server sends or with its close.
class RawClient {
public:
    explicit RawClient(unsigned short port) {
        socket_.connect({asio::ip::address_v4::loopback(), port});
    }
    void send(std::string_view bytes) {
        boost::system::error_code closed_under_us;
        asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), closed_under_us);
    }
    void finish() { socket_.shutdown(tcp::socket::shutdown_send); }

    // What one read brings; empty: the server has closed.
    std::string read_some() {
        char part[4096];
        boost::system::error_code end;
        return {part, socket_.read_some(asio::buffer(part), end)};
    }
    // Everything until the server closes.
    std::string read_all() {
        boost::system::error_code end;
        asio::read(socket_, asio::dynamic_buffer(received_), end);
        return std::exchange(received_, {});
    }
    // Through the given text; what is left is for the next call.
    std::string read_until(std::string_view text) {
        while (received_.find(text) == std::string::npos) {
            char part[4096];
            boost::system::error_code end;
            auto const count = socket_.read_some(asio::buffer(part), end);
            received_.append(part, count);
            if (end) break;
        }
        auto const found = received_.find(text);
        auto const size = found == std::string::npos ? received_.size() : found + text.size();
        auto const result = received_.substr(0, size);
        received_.erase(0, size);
        return result;
    }
    std::string exchange(std::string_view request) {
        send(request);
        return read_all();
    }

private:
    asio::io_context io_;
    tcp::socket socket_{io_};
    std::string received_;
};

class RunningServer {
public:
    // configure adds routes before the server starts.
    template <class Configure>
    RunningServer(ServerSettings settings, Configure&& configure)
        : server_(std::make_unique<Server>(io_, with_defaults(std::move(settings)))) {
        configure(*server_);
        auto const started = server_->start();
        if (!started) throw std::runtime_error(started.error());
        port_ = server_->port();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~RunningServer() {
        stop();
        work_.reset();
        thread_.join();
    }

    unsigned short port() const { return port_; }
    asio::io_context& io() { return io_; }

    void stop(std::chrono::milliseconds deadline = std::chrono::seconds{20}) {
        asio::co_spawn(io_, server_->stop(deadline), asio::use_future).get();
    }

private:
    static ServerSettings with_defaults(ServerSettings settings) {
        settings.address = "127.0.0.1:0";
        if (!settings.refuse) {
            settings.refuse = [](Refusal, RefusalInfo const& info) {
                return Response{.status = info.status,
                                .content_type = "text/plain",
                                .body = std::string(info.detail)};
            };
        }
        return settings;
    }

    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    std::unique_ptr<Server> server_;
    unsigned short port_ = 0;
    std::thread thread_;
};

inline Response text_response(std::string body) {
    return {.content_type = "text/plain", .body = std::move(body)};
}

}  // namespace tidegate::http
