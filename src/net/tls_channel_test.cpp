// Connections over TLS, both ends ours, through a real socket pair.
#include "net/tls_channel.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "net/connection.hpp"
#include "net/test_certificates.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class TlsSession final : public Connection {
public:
    TlsSession(Link link, EventLoop& loop) : Connection(std::move(link), loop, {1000, 64 << 20}) {}

    using Connection::bytes_received;
    using Connection::close;
    using Connection::close_after_writes;
    using Connection::writes;

    asio::awaitable<void> run() { end = co_await serve(); }
    std::string reason() const { return end ? end->text : ""; }

    std::string received;
    std::size_t reads = 0;
    std::optional<ConnectionEnd> end;

private:
    Turn on_bytes(base::ByteView bytes) override {
        ++reads;
        received.append(bytes.begin(), bytes.end());
        return Turn::read_on;
    }
};

base::SharedBytes shared(std::string_view text) {
    return base::SharedBytes::copy_of(base::as_bytes(text));
}

// Text in which every place is different.
std::string numbered(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
    text.resize(size);
    return text;
}

struct TlsConnection : testing::Test {
    void SetUp() override {
        tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        raw.connect(acceptor.local_endpoint());
        accepted = acceptor.accept();
    }
    void TearDown() override {
        for (auto* session : {&server, &client}) {
            if (*session && !(*session)->end) (*session)->close("test over");
        }
        run_until([&] { return loop.tasks().size() == 0; });
    }
    void start_server() {
        server.emplace(Link(std::move(accepted), context->accept()), loop);
        loop.tasks().spawn("server", server->run());
    }
    void start_client(TlsTrust trust) {
        auto const made = *TlsClientContext::make(std::move(trust));
        client.emplace(Link(std::move(raw), made->connect("localhost")), loop);
        loop.tasks().spawn("client", client->run());
    }
    void start_both() {
        start_server();
        start_client({.fingerprint = files.current().fingerprint});
    }
    void send(TlsSession& from, std::string_view text) { from.writes().write(shared(text)); }

    bool run_until(std::function<bool()> const& done) {
        auto const until = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < until) {
            io.restart();
            io.run_one_for(10ms);
        }
        EXPECT_TRUE(done());
        return done();
    }

    asio::io_context io{1};
    EventLoop loop{
        io, 0, [](auto const& name, auto const& what) { ADD_FAILURE() << name << ": " << what; }};
    test::CertificateFolder files;
    std::shared_ptr<TlsServerContext> context = *TlsServerContext::load(files.settings());
    tcp::socket raw{io};
    tcp::socket accepted{io};
    std::optional<TlsSession> server, client;
};

TEST_F(TlsConnection, CarriesBytesBothWaysAndEndsInOrder) {
    start_both();
    send(*client, "hello");  // waits for the handshake
    run_until([&] { return server->received == "hello"; });
    EXPECT_EQ(server->bytes_received(), 5U);
    EXPECT_EQ(client->writes().bytes_sent(), 5U);
    auto const large = numbered(3'000'000);
    send(*server, large);
    run_until([&] { return client->received.size() == large.size(); });
    EXPECT_TRUE(client->received == large);  // not EXPECT_EQ, which would print megabytes
    EXPECT_TRUE(server->writes().empty());
    server->close("done");
    run_until([&] { return client->end && server->end; });
    EXPECT_EQ(client->end->cause, EndCause::end_of_stream);
    EXPECT_EQ(client->reason(), "EOF");
}

TEST_F(TlsConnection, AFlushIsOneSendAndFullRecords) {
    start_both();
    send(*client, "x");
    run_until([&] { return server->received == "x"; });
    auto const calls = server->writes().system_calls();
    auto const text = numbered(50'000);
    for (std::size_t at = 0; at < text.size(); at += 100) {
        server->writes().push(shared(std::string_view(text).substr(at, 100)));
    }
    server->writes().flush();
    EXPECT_EQ(server->writes().system_calls(), calls + 1);
    run_until([&] { return client->received.size() == text.size(); });
    EXPECT_EQ(client->received, text);
}

TEST_F(TlsConnection, APeerThatDoesNotReadHoldsUpOnlyItself) {
    start_both();
    send(*client, "x");
    run_until([&] { return server->received == "x"; });
    auto const before = server->writes().bytes_sent();
    auto const piece = numbered(1'000'000);
    // Nobody runs the loop, so nobody reads.
    std::string sent;
    for (int i = 0; i < 20; ++i) {
        server->writes().push(shared(piece));
        server->writes().flush();
        sent += piece;
    }
    ASSERT_TRUE(server->writes().blocked_since());
    EXPECT_FALSE(server->writes().empty());
    // Encrypted in advance is only what one send has left over.
    EXPECT_EQ(server->writes().queued_bytes(),
              before + sent.size() - server->writes().bytes_sent());
    EXPECT_GT(server->writes().queued_bytes(), 10'000'000U);
    run_until([&] { return client->received.size() == sent.size(); });
    EXPECT_TRUE(client->received == sent);  // not EXPECT_EQ, which would print megabytes
    EXPECT_TRUE(server->writes().empty());
    EXPECT_FALSE(server->writes().blocked_since());
}

TEST_F(TlsConnection, LastWordsArriveBeforeTheEnd) {
    start_both();
    send(*client, "x");
    run_until([&] { return server->received == "x"; });
    auto const text = numbered(5'000'000);
    server->writes().push(shared(text));
    server->close_after_writes("refused");
    run_until([&] { return client->end && server->end; });
    EXPECT_EQ(client->received, text);
    EXPECT_EQ(client->reason(), "EOF");
    EXPECT_EQ(server->reason(), "refused");
}

TEST_F(TlsConnection, ACertificateThatIsNotTrustedEndsBothSides) {
    start_server();
    start_client({});
    run_until([&] { return client->end && server->end; });
    EXPECT_EQ(client->reason(), "TLS handshake: certificate not accepted: self-signed certificate");
    EXPECT_EQ(client->end->cause, EndCause::tls_failed);
    EXPECT_THAT(server->reason(), HasSubstr("unknown ca"));
    EXPECT_EQ(server->received + client->received, "");
}

TEST_F(TlsConnection, WhatIsNoTlsGetsAnAlertAndNothingElse) {
    start_server();
    asio::write(raw, asio::buffer(std::string("\x03") + std::string(1536, 'r')));
    run_until([&] { return server->end.has_value(); });
    EXPECT_EQ(server->end->cause, EndCause::tls_failed);
    EXPECT_THAT(server->reason(), StartsWith("TLS handshake: "));
    EXPECT_EQ(server->received, "");
}

TEST_F(TlsConnection, AHelloThatIsTooLargeIsNotWaitedFor) {
    start_server();
    asio::write(raw, asio::buffer(std::string("\x16\x03\x01\x40\x00\x01\x01\xff\xff", 9)));
    run_until([&] { return server->end.has_value(); });
    EXPECT_EQ(server->reason(), "TLS handshake: a ClientHello that is too large");
}

TEST_F(TlsConnection, AStopBeforeTheHandshakeIsOverWaitsForNothing) {
    start_client({});
    client->writes().push(shared("never sent"));
    client->close_after_writes("stopped");
    auto const before = std::chrono::steady_clock::now();
    accepted.close();
    run_until([&] { return client->end.has_value(); });
    EXPECT_LT(std::chrono::steady_clock::now() - before, kDrainTime);
    EXPECT_EQ(client->reason(), "stopped");
}

TEST_F(TlsConnection, AConnectionInTheClearIsNotTakenForOne) {
    server.emplace(Link(std::move(accepted)), loop);
    loop.tasks().spawn("server", server->run());
    EXPECT_FALSE(server->is_secure());
    start_client({});
    EXPECT_TRUE(client->is_secure());
    run_until([&] { return server->received.size() > 100; });
    send(*server, "RTSP/1.0 400 Bad Request\r\n\r\n");
    run_until([&] { return client->end.has_value(); });
    EXPECT_EQ(client->end->cause, EndCause::tls_failed);
}

// RFC 8446 §4.6.3: new keys may be asked for at any time, also by a peer that takes nothing.
TEST_F(TlsConnection, APeerThatAsksForKeysAndDoesNotReadIsBounded) {
    auto const sealed_by = [](TlsChannel& channel, TlsBuffers& buffers) {
        auto bytes = std::move(buffers.sealed);
        buffers.sealed.clear();
        static_cast<void>(channel);
        return bytes;
    };
    TlsBuffers ours, theirs;
    auto const trust = *TlsClientContext::make({.fingerprint = files.current().fingerprint});
    TlsChannel one(context->accept(), ours);
    auto tls = trust->connect("localhost");
    auto* const peer = tls.get();
    TlsChannel other(std::move(tls), theirs);
    other.start();
    for (int i = 0; i < 3; ++i) {
        one.receive(sealed_by(other, theirs));
        other.receive(sealed_by(one, ours));
    }
    ASSERT_TRUE(one.established() && other.established());

    // A socket that takes nothing.
    int sockets[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    while (::send(sockets[0], sockets, 1, MSG_DONTWAIT) == 1) {
    }
    ASSERT_TRUE(one.seal(base::as_bytes("media")));
    EXPECT_EQ(one.send(sockets[0]), TlsChannel::Sent::nothing);
    auto result = TlsChannel::Received::more;
    int asked = 0;
    for (; result == TlsChannel::Received::more && asked < 10'000; ++asked) {
        ASSERT_EQ(SSL_key_update(peer, SSL_KEY_UPDATE_REQUESTED), 1);
        ASSERT_TRUE(other.seal(base::as_bytes(".")));
        result = one.receive(sealed_by(other, theirs));
    }
    EXPECT_EQ(result, TlsChannel::Received::failed);
    EXPECT_LT(asked, 1000);
    ::close(sockets[0]);
    ::close(sockets[1]);
}

}  // namespace
}  // namespace tidegate::net
