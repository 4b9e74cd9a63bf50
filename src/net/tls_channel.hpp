// TLS between one connection and its socket. It works in memory that all connections of the loop
// share: what one of them seals (encrypts) at once leaves with one send, and only what the socket
// does not take is kept. OpenSSL does the work. The loop's thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "net/hello_guard.hpp"
#include "net/tls.hpp"
#include "net/tls_buffers.hpp"

namespace tidegate::net {

// A handshake is over within this time: a phone on a bad line needs 3 s.
inline constexpr std::chrono::seconds kHandshakeTime{10};

// Plain bytes that are sealed before a send: more than nearly every flush has, and few enough for
// the processor's L2 cache to hold them until the kernel has copied them.
inline constexpr std::size_t kMaxSealed = 128 * 1024;

// The content of a record (RFC 8446 §5.1). Each has some 30 bytes and a microsecond of its own.
inline constexpr std::size_t kRecordSize = 16 * 1024;

// Bytes that the peer makes us answer (alerts, new keys) while it takes none: it asks and does not
// read.
inline constexpr std::size_t kMaxOwed = 16 * 1024;

// What became of bytes for the socket.
enum class TlsSent : std::uint8_t { all, some, nothing, failed };

class TlsChannel {
public:
    // tls: before its handshake, or after it when all that was received has been given to it.
    TlsChannel(TlsPtr tls, TlsBuffers& buffers);
    ~TlsChannel();
    TlsChannel(TlsChannel const&) = delete;
    TlsChannel& operator=(TlsChannel const&) = delete;

    // A client begins the handshake; a server waits.
    void start();
    // The handshake is over: seal() may be called.
    bool established() const { return established_; }

    enum class Received : std::uint8_t {
        more,    // opened(), which may be empty
        ended,   // opened(), and then the peer's end (close_notify)
        failed,  // problem() says why. What is to be sent now is the alert.
    };
    // Bytes from the socket, of at most kReadBufferSize. There may be something to send afterwards.
    Received receive(base::ByteView bytes);
    // What the last receive() has decrypted; valid until the next call for any channel of the loop.
    base::ByteView opened() const { return base::ByteView(buffers_.opened).first(opened_size_); }
    std::string const& problem() const { return problem_; }

    // Encrypts at most kMaxSealed bytes behind what is to be sent. REQUIRES: established(), and
    // nothing is unsent. False: the connection is broken.
    bool seal(base::ByteView plain);
    base::Bytes& record_buffer() { return buffers_.record; }
    using Sent = TlsSent;
    // seal() and send() in one, for what fits into one record: it leaves from where OpenSSL has
    // encrypted it. REQUIRES: as seal(). failed: errno is set.
    Sent send_record(int descriptor, base::ByteView plain);
    // Says goodbye (close_notify) if that is possible.
    void seal_end();

    // Gives the TLS to another owner of the connection. REQUIRES: nothing is unsent. Nothing else
    // may be called afterwards.
    TlsPtr release() { return std::move(tls_); }

    // There are bytes for the socket.
    bool has_unsent() const { return unsent_begin_ != unsent_.size() || !buffers_.sealed.empty(); }
    // Bytes were left over by a send.
    bool is_blocked() const { return unsent_begin_ != unsent_.size(); }
    // Sends what there is with one system call, and keeps the rest. It must follow a call that has
    // made something to send, before another channel of the loop is used. failed: errno is set.
    Sent send(int descriptor);

private:
    struct Bio;

    Received open_records();
    void take_sealed(base::ByteView bytes);
    Received fail(std::string problem);
    void keep_sealed(std::size_t begin);
    Sent send_bytes(int descriptor, base::ByteView bytes, std::size_t& taken);

    TlsPtr tls_;
    TlsBuffers& buffers_;
    base::ByteView input_;  // during receive()
    std::size_t opened_size_ = 0;
    HelloGuard guard_;
    bool const server_;
    bool established_;
    bool failed_ = false;
    base::Bytes unsent_;  // sealed; empty: the socket takes all
    std::size_t unsent_begin_ = 0;
    std::size_t owed_ = 0;
    int direct_ = -1;  // during send_record(): where records go to
    Sent direct_result_{};
    std::string problem_;
};

}  // namespace tidegate::net
