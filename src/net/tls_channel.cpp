#include "net/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "net/event_loop.hpp"

namespace tidegate::net {

namespace {

// What one receive of the socket can hold, and the record that OpenSSL may have the beginning of.
constexpr std::size_t kMaxOpened = kReadBufferSize + 2 * kRecordSize;

// Headers and tags of the records of one send, and what a handshake sends.
constexpr std::size_t kSealedOverhead = 16 * 1024;

TlsChannel& channel_of(BIO* bio) {
    return *static_cast<TlsChannel*>(BIO_get_data(bio));
}

long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

// What OpenSSL reads and writes is memory of the loop.
struct TlsChannel::Bio {
    static int read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
        auto& input = channel_of(bio).input_;
        BIO_clear_retry_flags(bio);
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return 0;
        }
        *count = std::min(size, input.size());
        std::copy_n(input.begin(), *count, into);
        input = input.subspan(*count);
        return 1;
    }
    static int write(BIO* bio, char const* from, std::size_t size, std::size_t* count) {
        base::ByteView const bytes(reinterpret_cast<std::uint8_t const*>(from), size);
        channel_of(bio).take_sealed(bytes);
        *count = size;
        return 1;
    }
    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
            BIO_meth_set_read_ex(method, read);
            BIO_meth_set_write_ex(method, write);
            BIO_meth_set_ctrl(method, control);
            return method;
        }();
        return made;
    }
};

TlsChannel::TlsChannel(TlsPtr tls, TlsBuffers& buffers)
    : tls_(std::move(tls)),
      buffers_(buffers),
      server_(SSL_is_server(tls_.get()) == 1),
      established_(SSL_is_init_finished(tls_.get()) == 1) {
    if (buffers_.opened.empty()) {
        buffers_.opened.resize(kMaxOpened);
        buffers_.sealed.reserve(kMaxSealed + kSealedOverhead);
        buffers_.record.reserve(kRecordSize);
    }
    auto* const bio = BIO_new(Bio::method());
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls_.get(), bio, bio);
}

TlsChannel::~TlsChannel() = default;

void TlsChannel::start() {
    if (server_ || established_) return;
    ERR_clear_error();
    SSL_do_handshake(tls_.get());  // it wants to read now; a failure shows itself with that
}

TlsChannel::Received TlsChannel::receive(base::ByteView bytes) {
    opened_size_ = 0;
    if (server_ && !established_ && !guard_.may_pass(bytes)) {
        return fail("TLS handshake: a ClientHello that is too large");
    }
    input_ = bytes;
    auto const result = open_records();
    input_ = {};
    established_ = established_ || SSL_is_init_finished(tls_.get()) == 1;
    if (!is_blocked() || buffers_.sealed.empty()) return result;
    owed_ += buffers_.sealed.size();
    keep_sealed(0);
    return owed_ > kMaxOwed ? fail("TLS: the peer asks and does not read") : result;
}

TlsChannel::Received TlsChannel::open_records() {
    for (;;) {
        ERR_clear_error();
        std::size_t count = 0;
        auto const room = buffers_.opened.size() - opened_size_;
        auto const result =
            SSL_read_ex(tls_.get(), buffers_.opened.data() + opened_size_, room, &count);
        opened_size_ += count;
        if (result == 1) continue;
        switch (SSL_get_error(tls_.get(), result)) {
            case SSL_ERROR_WANT_READ:
                return Received::more;
            case SSL_ERROR_ZERO_RETURN:
                return Received::ended;
            default:
                return fail(established_ ? "TLS: " + take_tls_error()
                                         : "TLS handshake: " + handshake_problem(tls_.get()));
        }
    }
}

TlsChannel::Received TlsChannel::fail(std::string problem) {
    failed_ = true;
    if (problem_.empty()) problem_ = std::move(problem);
    return Received::failed;
}

bool TlsChannel::seal(base::ByteView plain) {
    ERR_clear_error();
    std::size_t written = 0;
    bool const sealed = SSL_write_ex(tls_.get(), plain.data(), plain.size(), &written) == 1;
    if (!sealed) fail("TLS: " + take_tls_error());
    return sealed && written == plain.size();
}

void TlsChannel::seal_end() {
    if (!established_ || failed_ || has_unsent()) return;
    ERR_clear_error();
    SSL_shutdown(tls_.get());
}

// What OpenSSL has encrypted: for the socket at once, or for the next send().
void TlsChannel::take_sealed(base::ByteView bytes) {
    std::size_t taken = 0;
    if (direct_ >= 0 && !is_blocked()) {
        direct_result_ = send_bytes(direct_, bytes, taken);
        if (direct_result_ == Sent::all || direct_result_ == Sent::failed) return;
    }
    auto& rest = direct_ >= 0 ? unsent_ : buffers_.sealed;
    rest.insert(rest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(taken), bytes.end());
}

TlsChannel::Sent TlsChannel::send_record(int descriptor, base::ByteView plain) {
    direct_ = descriptor;
    bool const sealed = seal(plain);
    direct_ = -1;
    if (sealed || direct_result_ == Sent::failed) return direct_result_;
    errno = EPROTO;
    return Sent::failed;
}

// From `begin` on.
void TlsChannel::keep_sealed(std::size_t begin) {
    auto& sealed = buffers_.sealed;
    unsent_.insert(unsent_.end(), sealed.begin() + static_cast<std::ptrdiff_t>(begin),
                   sealed.end());
    sealed.clear();
}

TlsChannel::Sent TlsChannel::send_bytes(int descriptor, base::ByteView bytes, std::size_t& taken) {
    ssize_t sent = 0;
    do {
        sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Sent::failed;
    taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    if (taken == bytes.size()) return Sent::all;
    return taken != 0 ? Sent::some : Sent::nothing;
}

TlsChannel::Sent TlsChannel::send(int descriptor) {
    bool const blocked = is_blocked();
    if (blocked && !buffers_.sealed.empty()) keep_sealed(0);
    auto const bytes =
        blocked ? base::ByteView(unsent_).subspan(unsent_begin_) : base::ByteView(buffers_.sealed);
    std::size_t taken = 0;
    auto const sent = send_bytes(descriptor, bytes, taken);
    if (sent == Sent::all && blocked) unsent_ = {};
    if (sent == Sent::all) unsent_begin_ = owed_ = 0;
    if (sent == Sent::all || sent == Sent::failed) {
        buffers_.sealed.clear();
    } else if (blocked) {
        unsent_begin_ += taken;
    } else {
        keep_sealed(taken);
    }
    return sent;
}

}  // namespace tidegate::net
