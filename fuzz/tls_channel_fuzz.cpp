// TLS between a socket and a connection (net/tls_channel.hpp). The first byte chooses. Either the
// rest is what a stranger sends to a server, or a broken server to a client. Or a client and a
// server talk, and the script says who sends what, what is lost or changed on the way, and in which
// pieces it arrives. What arrives is what was sent, from its beginning on, or nothing; a channel
// that has failed says why; and what it owes stays within its limit.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "checks.hpp"
#include "net/event_loop.hpp"
#include "net/test_certificates.hpp"
#include "net/tls_channel.hpp"
#include "script.hpp"

namespace {

using namespace tidegate;
using fuzz::require;
using Received = net::TlsChannel::Received;

// A socket that takes some of what is sent, and whose other end we read.
class Wire {
public:
    Wire() { require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_) == 0); }
    ~Wire() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;
    int descriptor() const { return ends_[0]; }
    // What has been sent.
    void take(base::Bytes& into) {
        std::array<std::uint8_t, 65536> some;
        for (ssize_t got; (got = ::read(ends_[1], some.data(), some.size())) > 0;) {
            into.insert(into.end(), some.begin(), some.begin() + got);
        }
    }

private:
    int ends_[2]{};
};

struct Contexts {
    net::test::CertificateFolder files;
    std::shared_ptr<net::TlsServerContext> server = *net::TlsServerContext::load(files.settings());
    std::shared_ptr<net::TlsClientContext const> client =
        *net::TlsClientContext::make({.fingerprint = files.current().fingerprint});
};

Contexts& contexts() {
    static Contexts all;
    return all;
}

// One side of the dialogue.
struct Peer {
    Peer(net::TlsPtr tls, net::TlsBuffers& buffers) : channel(std::move(tls), buffers) {}

    // Sends what there is. A socket of the machine takes all of it.
    void flush() {
        while (channel.has_unsent()) {
            auto const sent = channel.send(wire.descriptor());
            wire.take(on_its_way);
            if (sent == net::TlsSent::failed) {
                over = true;
                break;
            }
        }
    }
    void say(base::ByteView plain, bool as_record) {
        if (over || !channel.established() || channel.has_unsent()) return;
        if (as_record && plain.size() <= net::kRecordSize) {
            if (channel.send_record(wire.descriptor(), plain) == net::TlsSent::failed) {
                over = true;
                return;
            }
        } else if (!channel.seal(plain)) {
            over = true;
            return;
        }
        said.append(base::as_text(plain));
        flush();
        wire.take(on_its_way);
    }
    // false: it takes no more.
    bool hear(base::ByteView bytes, Peer const& other) {
        if (over) return false;
        auto const result = channel.receive(bytes);
        heard.append(base::as_text(channel.opened()));
        require(other.said.starts_with(heard));
        if (result != Received::more) {
            over = true;
            require(result == Received::ended || !channel.problem().empty());
        }
        flush();
        return !over;
    }

    net::TlsChannel channel;
    Wire wire;
    base::Bytes on_its_way;
    std::string said, heard;
    bool over = false;
};

void deliver(fuzz::Script& script, Peer& from, Peer& to) {
    auto& wire = from.on_its_way;
    auto const most = script.flag() ? net::kReadBufferSize : script.two_bytes();
    auto const end = wire.begin() + static_cast<std::ptrdiff_t>(std::min(most, wire.size()));
    base::Bytes part(wire.begin(), end);
    wire.erase(wire.begin(), end);
    script.damage(part);
    fuzz::in_pieces(script, part, [&](base::ByteView piece) { return to.hear(piece, from); });
}

void talk(fuzz::Script& script) {
    net::TlsBuffers buffers;
    Peer client(contexts().client->connect("localhost"), buffers);
    Peer server(contexts().server->accept(), buffers);
    client.channel.start();
    client.flush();
    std::size_t said = 0;
    constexpr std::size_t kMostSaid = 300'000;  // enough for several flushes, and still quick
    for (int step = 0; step < 64 && !script.done() && !(client.over && server.over); ++step) {
        bool const from_client = script.flag();
        auto& from = from_client ? client : server;
        auto& to = from_client ? server : client;
        switch (script.below(8)) {
            case 0: {
                std::string const plain(script.two_bytes(), static_cast<char>('a' + step % 26));
                if (plain.empty() || said + plain.size() > kMostSaid) break;
                said += plain.size();
                from.say(base::as_bytes(plain), script.flag());
                break;
            }
            case 1:
                if (!from.over && !from.channel.has_unsent()) from.channel.seal_end();
                from.flush();
                break;
            case 2: {
                auto const junk = script.bytes(script.byte());
                base::Bytes const copy(junk.begin(), junk.end());
                to.hear(copy, from);
                break;
            }
            default:
                deliver(script, from, to);
        }
    }
}

void hear_a_stranger(fuzz::Script& script, bool as_server) {
    net::TlsBuffers buffers;
    Peer const nobody(contexts().client->connect("localhost"), buffers);
    Peer own(as_server ? contexts().server->accept() : contexts().client->connect("localhost"),
             buffers);
    if (!as_server) own.channel.start();
    own.flush();
    base::ByteView const bytes = script.bytes(net::kReadBufferSize);
    fuzz::in_pieces(script, bytes, [&](base::ByteView piece) {
        bool const more = own.hear(piece, nobody);
        require(!own.channel.established());
        return more;
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::Script script(data, size);
    switch (script.below(4)) {
        case 0:
            hear_a_stranger(script, true);
            break;
        case 1:
            hear_a_stranger(script, false);
            break;
        default:
            talk(script);
    }
    return 0;
}
