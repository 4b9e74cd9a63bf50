// Server and client over TLS, with each other, on loopback.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <filesystem>

#include "http/client.hpp"
#include "http/server_fixture_test.hpp"
#include "net/test_certificates.hpp"

namespace tidegate::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

namespace ssl = asio::ssl;
namespace fs = std::filesystem;

class HttpTls : public testing::Test {
protected:
    fs::path folder_;
    net::test::Certificate certificate_ = net::test::make_certificate("DNS:localhost,IP:127.0.0.1");
    std::unique_ptr<RunningServer> server_;
    asio::io_context io_;
    Client client_;

    void SetUp() override {
        static int count = 0;
        folder_ = fs::temp_directory_path() /
                  ("tidegate-https-" + std::to_string(getpid()) + "-" + std::to_string(++count));
        fs::create_directories(folder_);
        write(certificate_);
        server_ = std::make_unique<RunningServer>(settings(), [](Server& server) {
            server.route("GET", "/small", [](Request const& request) {
                return text_response(request.secure ? "secure" : "in clear");
            });
            server.route("GET", "/large", [](auto const&) {
                auto response = text_response(std::string(1000, 'h'));
                for (int i = 0; i < 64; ++i) {
                    response.slices.push_back(base::SharedBytes::copy_of(
                        base::as_bytes(std::string(200'000, static_cast<char>('a' + i % 26)))));
                }
                return response;
            });
            server.route("POST", "/echo",
                         [](Request const& request) { return text_response(request.body); });
            server.route("GET", "/stream", [](auto const&) {
                Response response;
                response.stream = [](BodyStream& out) -> asio::awaitable<void> {
                    for (int i = 0; i < 3; ++i) co_await out.write("piece ");
                };
                return response;
            });
        });
    }
    void TearDown() override {
        server_.reset();
        fs::remove_all(folder_);
    }
    ServerSettings settings() const {
        ServerSettings made;
        made.tls = {
            (folder_ / "server.crt").string(), (folder_ / "server.key").string(), {"http/1.1"}};
        made.limits.body_bytes = 1024 * 1024;
        return made;
    }
    void write(net::test::Certificate const& certificate) const {
        for (auto const& [name, text] : {std::pair{"server.key", &certificate.key},
                                         std::pair{"server.crt", &certificate.certificate}}) {
            std::ofstream(folder_ / "new") << *text;
            fs::rename(folder_ / "new", folder_ / name);
        }
    }
    std::shared_ptr<net::TlsClientContext const> trust(net::TlsTrust wanted) const {
        return *net::TlsClientContext::make(std::move(wanted));
    }
    std::expected<ClientResponse, std::string> ask(ClientRequest request,
                                                   std::string const& host = "127.0.0.1") {
        request.url = "https://" + host + ":" + std::to_string(server_->port()) + request.url;
        auto done = asio::co_spawn(io_, client_.send(std::move(request)), asio::use_future);
        io_.restart();
        io_.run();
        return done.get();
    }
    std::expected<ClientResponse, std::string> trusting(std::string target) {
        return ask({.url = std::move(target), .tls = trust({.ca_file = file()})});
    }
    std::string file() const { return (folder_ / "server.crt").string(); }
};

TEST_F(HttpTls, AnswersOverOneConnection) {
    auto const tls = trust({.ca_file = file()});
    for (int i = 0; i < 3; ++i) {
        auto const answer = ask({.url = "/small", .tls = tls});
        ASSERT_TRUE(answer) << answer.error();
        EXPECT_EQ(answer->body, "secure");
    }
    auto const echoed = ask({.method = "POST",
                             .url = "/echo",
                             .headers = {},
                             .body = std::string(900'000, 'x'),
                             .tls = tls},
                            "localhost");
    ASSERT_TRUE(echoed) << echoed.error();
    EXPECT_EQ(echoed->body.size(), 900'000U);
}

TEST_F(HttpTls, SendsLargeAnswersWholeAndInOrder) {
    auto const answer = trusting("/large");
    ASSERT_TRUE(answer) << answer.error();
    ASSERT_EQ(answer->body.size(), 1000U + 64 * 200'000U);
    for (std::size_t i = 0; i < 64; ++i) {
        EXPECT_EQ(answer->body[1000 + i * 200'000], static_cast<char>('a' + i % 26));
        EXPECT_EQ(answer->body[1000 + i * 200'000 + 199'999], static_cast<char>('a' + i % 26));
    }
}

TEST_F(HttpTls, EndsAStreamSoThatItIsNoCut) {
    auto const answer = trusting("/stream");
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->body, "piece piece piece ");
}

TEST_F(HttpTls, TheClientTrustsTheRightServerOnly) {
    auto const by_system = ask({.url = "/small"});
    ASSERT_FALSE(by_system);
    EXPECT_THAT(by_system.error(), HasSubstr("certificate not accepted"));
    EXPECT_FALSE(ask({.url = "/small", .tls = trust({.ca_file = file()})}, "127.0.0.2"));
    EXPECT_TRUE(ask({.url = "/small", .tls = trust({.fingerprint = certificate_.fingerprint})}));
    auto other = certificate_.fingerprint;
    other[0] = other[0] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ask({.url = "/small", .tls = trust({.fingerprint = other})}));
}

// A connection that one of them has made is not used for the other.
TEST_F(HttpTls, TheClientKeepsConnectionsApartByTrust) {
    EXPECT_TRUE(trusting("/small"));
    EXPECT_FALSE(ask({.url = "/small"}));
}

TEST_F(HttpTls, ANewCertificateIsUsedForNewConnectionsAndTheOldOnesGoOn) {
    auto const old = trust({.fingerprint = certificate_.fingerprint});
    ASSERT_TRUE(ask({.url = "/small", .tls = old}));
    auto const next = net::test::make_certificate("IP:127.0.0.1");
    write(next);
    auto const renewed = [&] {
        return ask({.url = "/small", .tls = trust({.fingerprint = next.fingerprint})}).has_value();
    };
    auto const end = std::chrono::steady_clock::now() + 20s;
    while (!renewed() && std::chrono::steady_clock::now() < end) {
    }
    EXPECT_TRUE(renewed());
    EXPECT_TRUE(ask({.url = "/small", .tls = old})) << "over the connection from before";
}

TEST_F(HttpTls, RequestsInOneRecordAreAnsweredInOrder) {
    ssl::context context(ssl::context::tls_client);
    asio::io_context io;
    ssl::stream<tcp::socket> stream(io, context);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), server_->port()});
    stream.handshake(ssl::stream_base::client);
    std::string const get = "GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::string const last = "GET /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    asio::write(stream, asio::buffer(get + get + last));
    std::string received;
    boost::system::error_code end;
    asio::read(stream, asio::dynamic_buffer(received), end);
    EXPECT_EQ(end, asio::error::eof) << "close_notify: " << end.message();
    std::size_t answers = 0;
    for (auto at = received.find("\r\n\r\nsecure"); at != std::string::npos;
         at = received.find("\r\n\r\nsecure", at + 1)) {
        ++answers;
    }
    EXPECT_EQ(answers, 3U) << received;
}

TEST_F(HttpTls, WhoSpeaksInClearIsToldSo) {
    RawClient client(server_->port());
    auto const answer = client.exchange("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer, HasSubstr("https"));
    EXPECT_TRUE(trusting("/small"));
}

TEST(HttpTlsStart, SaysWhatIsWrongWithTheFiles) {
    asio::io_context io;
    ServerSettings settings;
    settings.address = "127.0.0.1:0";
    settings.tls = {"/nowhere/server.crt", "/nowhere/server.key", {}};
    Server server(io, std::move(settings));
    auto const started = server.start();
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error(), HasSubstr("/nowhere/server.crt: no such file"));
}

}  // namespace
}  // namespace tidegate::http
