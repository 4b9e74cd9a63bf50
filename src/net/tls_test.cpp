// Contexts of both sides: which servers a client trusts, which clients a server takes, and changed
// certificates.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>

#include "net/test_certificates.hpp"
#include "net/tls_client.hpp"
#include "net/tls_server.hpp"
#include "net/tls_watch.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;
using test::CertificateFolder;
using test::Handshake;

struct Tls : testing::Test {
    std::shared_ptr<TlsServerContext> server() {
        auto loaded = TlsServerContext::load(files.settings());
        EXPECT_TRUE(loaded) << loaded.error();
        return loaded.value_or(nullptr);
    }
    // What a client that trusts so says of the server; empty: all is well.
    std::string problem(TlsTrust trust, std::string const& host = "localhost") {
        auto const client = TlsClientContext::make(std::move(trust));
        EXPECT_TRUE(client) << client.error();
        Handshake handshake(server()->accept(), (*client)->connect(host));
        return handshake.run() ? "" : handshake.client_problem + handshake.server_problem;
    }
    TlsTrust trusting() const { return {.ca_file = files.file("server.crt")}; }

    CertificateFolder files;
};

TEST_F(Tls, AClientTrustsAFileForNamesAndAddresses) {
    EXPECT_EQ(problem(trusting()), "");
    EXPECT_EQ(problem(trusting(), "127.0.0.1"), "");
    EXPECT_EQ(problem(trusting(), "other.example"), "certificate not accepted: hostname mismatch");
    EXPECT_EQ(problem(trusting(), "127.0.0.2"), "certificate not accepted: IP address mismatch");
}

TEST_F(Tls, AClientTrustsNobodyByDefault) {
    EXPECT_EQ(problem({}), "certificate not accepted: self-signed certificate");
}

TEST_F(Tls, AnIpAddressIsNoName) {
    files.replace(test::make_certificate("DNS:127.0.0.1"));
    EXPECT_EQ(problem(trusting(), "127.0.0.1"), "certificate not accepted: IP address mismatch");
}

TEST_F(Tls, APinnedFingerprintIsAllThatMatters) {
    auto const pinned = files.current().fingerprint;
    EXPECT_EQ(problem({.fingerprint = pinned}, "other.example"), "");
    std::string plain = pinned;
    std::erase(plain, ':');
    EXPECT_EQ(problem({.fingerprint = plain}), "");
    files.replace(test::make_certificate("DNS:localhost"));
    EXPECT_EQ(problem({.ca_file = files.file("server.crt"), .fingerprint = pinned}),
              "certificate not accepted: its fingerprint is another one");
}

TEST_F(Tls, WrongTrustIsRefused) {
    for (std::string const text : {"ab", "zz", "00112233", "not hexadecimal"}) {
        auto const made = TlsClientContext::make({.fingerprint = text});
        ASSERT_FALSE(made) << text;
        EXPECT_THAT(made.error(), testing::HasSubstr("64 hexadecimal digits"));
    }
    auto const made = TlsClientContext::make({.ca_file = files.file("none.crt")});
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error(), testing::StartsWith("cannot read certificates from " +
                                                  files.file("none.crt") + ": "));
}

TEST_F(Tls, OnlyTheseAuthoritiesAreTrusted) {
    auto const other = test::make_certificate("DNS:localhost");
    EXPECT_EQ(problem({.only_authorities = files.current().certificate}), "");
    EXPECT_EQ(problem({.only_authorities = files.current().certificate + other.certificate}), "");
    EXPECT_EQ(problem({.only_authorities = other.certificate}),
              "certificate not accepted: self-signed certificate");
    for (std::string const text : {"", "no PEM", other.key.c_str()}) {
        if (text.empty()) continue;
        auto const made = TlsClientContext::make({.only_authorities = text});
        ASSERT_FALSE(made);
        EXPECT_THAT(made.error(),
                    testing::StartsWith("the certificate authority cannot be used: "));
    }
}

TEST_F(Tls, ACertificateMayHaveAnotherNameThanTheHost) {
    auto trust = trusting();
    trust.server_name = "localhost";
    EXPECT_EQ(problem(trust, "10.0.0.1"), "");
    trust.server_name = "other.example";
    EXPECT_EQ(problem(trust, "localhost"), "certificate not accepted: hostname mismatch");
}

// What a client shows to a server that asks; empty: nothing.
std::string shown_by(TlsTrust trust, TlsPtr server) {
    SSL_set_verify(server.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    auto const client = TlsClientContext::make(std::move(trust));
    if (!client) return client.error();
    Handshake handshake(std::move(server), (*client)->connect("localhost"));
    EXPECT_TRUE(handshake.run()) << handshake.client_problem << handshake.server_problem;
    auto* const shown = SSL_get1_peer_certificate(handshake.server());
    if (shown == nullptr) return {};
    auto* const bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, shown);
    auto text = test::text_of(bio);
    BIO_free(bio);
    X509_free(shown);
    return text;
}

TEST_F(Tls, AClientShowsWhoItIs) {
    auto const own = test::make_certificate("DNS:client");
    auto const other = test::make_certificate("DNS:client");
    auto trust = trusting();
    EXPECT_EQ(shown_by(trust, server()->accept()), "");
    trust.certificate = own.certificate;
    trust.key = own.key;
    EXPECT_EQ(shown_by(trust, server()->accept()), own.certificate);
    trust.key = other.key;
    EXPECT_EQ(shown_by(trust, server()->accept()),
              "the client's key cannot be used: key values mismatch");
    trust.key = "none";
    EXPECT_THAT(shown_by(trust, server()->accept()),
                testing::StartsWith("the client's key cannot be used: "));
    trust.certificate = "none";
    EXPECT_THAT(shown_by(trust, server()->accept()),
                testing::StartsWith("the client's certificate cannot be used: "));
}

TEST_F(Tls, NothingBelowTls12) {
    for (int const version : {TLS1_VERSION, TLS1_1_VERSION}) {
        auto const client = *TlsClientContext::make(trusting());
        Handshake handshake(server()->accept(), client->connect("localhost"));
        SSL_set_security_level(handshake.client(), 0);
        SSL_set_min_proto_version(handshake.client(), version);
        SSL_set_max_proto_version(handshake.client(), version);
        EXPECT_FALSE(handshake.run()) << version;
    }
    auto const client = *TlsClientContext::make(trusting());
    Handshake handshake(server()->accept(), client->connect("localhost"));
    SSL_set_max_proto_version(handshake.client(), TLS1_2_VERSION);
    EXPECT_TRUE(handshake.run()) << handshake.client_problem << handshake.server_problem;
}

TEST_F(Tls, TheCheapestCipherComesFirst) {
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto const client = *TlsClientContext::make(trusting());
        Handshake handshake(server()->accept(), client->connect("localhost"));
        SSL_set_max_proto_version(handshake.client(), version);
        SSL_set_cipher_list(handshake.client(), "ECDHE+AESGCM");
        SSL_set_ciphersuites(handshake.client(), "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
        ASSERT_TRUE(handshake.run());
        EXPECT_EQ(SSL_CIPHER_get_bits(SSL_get_current_cipher(handshake.client()), nullptr), 128);
    }
}

TEST_F(Tls, TheProtocolIsChosenByTheServersOrder) {
    auto settings = files.settings();
    settings.protocols = {"http/1.1", "other"};
    auto const context = *TlsServerContext::load(settings);
    auto const chosen = [&](std::vector<std::string> offered) -> std::string {
        auto trust = trusting();
        trust.protocols = std::move(offered);
        Handshake handshake(context->accept(),
                            (*TlsClientContext::make(std::move(trust)))->connect("localhost"));
        if (!handshake.run()) return "refused";
        unsigned char const* name = nullptr;
        unsigned int size = 0;
        SSL_get0_alpn_selected(handshake.client(), &name, &size);
        return {reinterpret_cast<char const*>(name), size};
    };
    EXPECT_EQ(chosen({"other", "http/1.1"}), "http/1.1");
    EXPECT_EQ(chosen({"h2", "other"}), "other");
    EXPECT_EQ(chosen({}), "");
    EXPECT_EQ(chosen({"h2"}), "refused");
}

TEST_F(Tls, ASessionIsResumedUntilTheCertificateChanges) {
    auto const context = server();
    auto const client = *TlsClientContext::make(trusting());
    Handshake first(context->accept(), client->connect("localhost"));
    ASSERT_TRUE(first.run());
    auto* const session = SSL_get1_session(first.client());
    auto const resumes = [&] {
        Handshake again(context->accept(), client->connect("localhost"));
        SSL_set_session(again.client(), session);
        EXPECT_TRUE(again.run());
        return SSL_session_reused(again.client()) == 1;
    };
    EXPECT_TRUE(resumes());
    files.write("server.crt", files.current().certificate + "\n# another comment\n");
    EXPECT_EQ(context->reload(), TlsServerContext::Reloaded::changed);
    EXPECT_FALSE(resumes());
    SSL_SESSION_free(session);
}

TEST_F(Tls, ABadPairLeavesTheOldOne) {
    auto const context = server();
    EXPECT_EQ(context->reload(), TlsServerContext::Reloaded::unchanged);
    auto const works = [&] {
        auto const client = *TlsClientContext::make({.fingerprint = files.current().fingerprint});
        return Handshake(context->accept(), client->connect("localhost")).run();
    };
    auto const other = test::make_certificate("DNS:localhost");
    auto const crt = files.file("server.crt");
    auto const key = files.file("server.key");

    files.write("server.key", other.key);
    EXPECT_EQ(context->reload().error(), crt + " and " + key + ": key values mismatch");
    files.write("server.key", "nonsense");
    EXPECT_THAT(context->reload().error(), testing::StartsWith(crt + " and " + key + ": "));
    std::filesystem::remove(key);
    EXPECT_EQ(context->reload().error(), "open " + key + ": no such file or directory");
    files.write("server.key", files.current().key);
    files.write("server.crt", "");
    EXPECT_EQ(context->reload().error(), crt + ": no start line");
    files.write("server.crt", files.current().certificate + "-----BEGIN CERTIFICATE-----\nAA\n");
    EXPECT_THAT(context->reload().error(), testing::StartsWith(crt + ": "));
    EXPECT_TRUE(works());
}

struct WatchedTls : Tls {
    bool run_until(std::function<bool()> const& done, std::chrono::milliseconds deadline = 20s) {
        auto const end = std::chrono::steady_clock::now() + deadline;
        while (!done() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(5ms);
        }
        return done();
    }
    bool serves(test::Certificate const& wanted) {
        auto const client = *TlsClientContext::make({.fingerprint = wanted.fingerprint});
        return Handshake(context->accept(), client->connect("localhost")).run();
    }

    boost::asio::io_context io{1};
    std::shared_ptr<TlsServerContext> context = server();
    std::vector<std::string> reports;
    TlsWatch watch{io, context, [this](std::expected<void, std::string> const& result) {
                       reports.push_back(result ? "changed" : result.error());
                   }};
};

TEST_F(WatchedTls, ANewPairIsUsedOnceBothFilesAreThere) {
    run_until([] { return false; }, 20ms);
    auto const old = files.current();
    auto const made = test::make_certificate("DNS:localhost");
    files.write("server.crt", made.certificate);
    run_until([] { return false; }, 200ms);
    EXPECT_TRUE(serves(old));
    files.write("server.key", made.key);
    EXPECT_TRUE(run_until([&] { return serves(made); }));
    run_until([] { return false; }, kPairTime + 200ms);
    EXPECT_THAT(reports, testing::ElementsAre("changed"));
}

TEST_F(WatchedTls, APairThatStaysBadIsReportedOnce) {
    run_until([] { return false; }, 20ms);
    files.write("server.key", "nonsense");
    EXPECT_TRUE(run_until([&] { return !reports.empty(); }));
    run_until([] { return false; }, kPairTime + 200ms);
    EXPECT_EQ(reports.size(), 1U);
    EXPECT_TRUE(serves(files.current()));
    files.write("server.key", files.current().key);
    run_until([] { return false; }, kPairTime + 200ms);
    EXPECT_EQ(reports.size(), 1U) << "the old pair is back";
}

}  // namespace
}  // namespace tidegate::net
