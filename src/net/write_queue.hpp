// The write side of one connection: a queue of shared byte slices with a limit. flush() writes many
// slices by one sendmsg; over TLS it encrypts them into memory of the loop, which leaves by one
// send. Never blocks. The socket's loop only. on_failure is called from inside
// write(), push_reply() or flush(), or from the loop; it must not destroy the queue.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/cache_line.hpp"
#include "base/shared_bytes.hpp"

namespace tidegate::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// Bytes of replies that may wait for one peer besides those that the kernel holds: thousands of the
// largest replies.
inline constexpr std::size_t kMaxReplyBytes = 1024 * 1024;

// A peer keeps up if it takes within this time what is queued for it, however much that is. So a
// line that is fast enough for the stream is also fast enough for its largest key frames. It is the
// usual length of a group of pictures.
inline constexpr std::chrono::milliseconds kKeepUpTime{2000};

// What may wait for one peer.
struct WriteQueueLimits {
    std::size_t weight;  // in RTMP messages or RTP packets; only for a peer that does not keep up
    std::size_t bytes;   // for every peer
    std::chrono::milliseconds keep_up = kKeepUpTime;
};

class TlsChannel;
enum class TlsSent : std::uint8_t;

class alignas(base::kCacheLine) WriteQueue {
public:
    using Clock = std::chrono::steady_clock;
    using OnFailure = std::function<void(boost::system::error_code)>;

    // tls: null for a connection in clear. REQUIRES: the socket is open; it and the channel stay so
    // while the queue lives.
    WriteQueue(tcp::socket& socket, WriteQueueLimits limits, OnFailure on_failure,
               TlsChannel* tls = nullptr);
    ~WriteQueue();
    WriteQueue(WriteQueue const&) = delete;
    WriteQueue& operator=(WriteQueue const&) = delete;

    // True: push() would take an item of this size. An empty queue takes an item of any size,
    // because a picture is one item, however large. The limit of the weight holds only for a peer
    // that does not keep up: without that exception, the sound that came just before a large
    // picture could keep the picture out. While memory is short, little may wait
    // (base/memory_pressure.hpp).
    bool has_room(std::size_t bytes, std::size_t weight) const;
    // Queues an item of media. False: there is no room, and nothing was queued.
    bool push(base::SharedBytes bytes, std::size_t weight = 1);
    // push() and flush() in one. Bytes that the socket takes at once are never queued. False: there
    // is no room for the rest, or the connection has failed.
    bool write(base::SharedBytes const& bytes, std::size_t weight = 1);
    // Queues the rest of the item that push() has just taken, beyond every limit, because the peer
    // cannot read a beginning alone.
    void push_rest(base::SharedBytes bytes);
    // The limit of push_reply() from now on; at first kMaxReplyBytes.
    void set_reply_limit(std::uint32_t bytes) { reply_limit_ = bytes; }
    // Queues the reply to a request. If more replies wait than the limit allows, the peer asks and
    // does not read: the queue fails with ENOBUFS.
    void push_reply(base::SharedBytes bytes);

    // Writes what the socket takes now. The rest is written by the loop when the socket takes more.
    void flush();

    bool empty() const;
    bool failed() const { return mode_ == Mode::failed; }
    std::size_t queued_bytes() const { return queued_bytes_; }
    // Plain bytes; over TLS those that were encrypted.
    std::uint64_t bytes_sent() const { return bytes_sent_; }
    std::uint64_t system_calls() const { return system_calls_; }
    // Since when the socket has taken nothing although something waits; nullopt: it takes all.
    std::optional<Clock::time_point> blocked_since() const { return blocked_since_; }

private:
    struct Item {
        base::SharedBytes bytes;
        std::size_t weight = 0;
        bool reply = false;
        Clock::time_point since{};  // when the socket did not take it; zero: not tried yet
    };

    Item& at(std::size_t i) { return ring_[(first_ + i) & (ring_.size() - 1)]; }
    Item const& at(std::size_t i) const { return ring_[(first_ + i) & (ring_.size() - 1)]; }
    bool keeps_up() const;
    void append(Item item);
    void stamp();
    void grow();
    bool write_once();  // false: nothing more can be written now
    bool write_over_tls(base::SharedBytes const& bytes, std::size_t weight);
    void flush_over_tls();
    bool after_send(TlsSent sent);
    bool seal_queued();
    base::ByteView next_record();
    void fail(int error);
    void consume(std::size_t bytes);
    void wait_writable();

    // What write() touches stands together in one cache line. With many readers, each further line
    // is a cache miss.
    enum class Mode : std::uint8_t { in_clear, over_tls, failed };
    int const descriptor_;
    bool waiting_ = false;
    Mode mode_;
    std::size_t count_ = 0;
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t system_calls_ = 0;

    tcp::socket& socket_;
    std::size_t first_ = 0;
    std::size_t queued_bytes_ = 0;
    std::size_t queued_weight_ = 0;
    std::uint32_t queued_reply_bytes_ = 0;
    std::uint32_t reply_limit_ = kMaxReplyBytes;
    TlsChannel* const tls_;
    std::vector<Item> ring_;  // its size is a power of two
    WriteQueueLimits limits_;
    OnFailure on_failure_;
    std::optional<Clock::time_point> blocked_since_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for the wait handler
};

}  // namespace tidegate::net
