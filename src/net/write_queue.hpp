// The write side of one connection: a bounded ring of shared byte slices, gathered into one sendmsg
// when the owner flushes. Never blocks. Lives on the socket's event loop; on_failure is called from
// flush() or from the loop and must not destroy the queue before it returns.
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

// Replies that may wait for one peer: thousands of the largest; beyond what a socket takes by
// itself.
inline constexpr std::size_t kMaxReplyBytes = 1024 * 1024;

// A peer that takes within this time what was queued for it keeps up, however much that is: a key
// frame of the largest size, say, on a line that carries the stream. It is a group of pictures'
// usual length.
inline constexpr std::chrono::milliseconds kKeepUpTime{2000};

// What may wait for one peer. Bytes bound every peer, the weight one that does not keep up.
struct WriteQueueLimits {
    std::size_t weight;  // in the owner's own unit: RTMP messages, RTP packets
    std::size_t bytes;
    std::chrono::milliseconds keep_up = kKeepUpTime;
};

class alignas(base::kCacheLine) WriteQueue {
public:
    using Clock = std::chrono::steady_clock;
    using OnFailure = std::function<void(boost::system::error_code)>;

    // REQUIRES: the socket is open, and stays so for as long as the queue lives.
    WriteQueue(tcp::socket& socket, WriteQueueLimits limits, OnFailure on_failure);
    ~WriteQueue();
    WriteQueue(WriteQueue const&) = delete;
    WriteQueue& operator=(WriteQueue const&) = delete;

    // Whether push() would keep so much. An empty queue takes one item of any size, one of a peer
    // that keeps up any weight: a picture is one item, and what came with it must not keep it out.
    bool has_room(std::size_t bytes, std::size_t weight) const;
    // Media: false, and nothing kept, when there is no room.
    bool push(base::SharedBytes bytes, std::size_t weight = 1);
    // push() and flush() in one; bytes that the socket takes at once are never queued.
    bool write(base::SharedBytes const& bytes, std::size_t weight = 1);
    // The rest of what push() has just taken: always kept, for its beginning is.
    void push_rest(base::SharedBytes bytes);
    // From now on; kMaxReplyBytes at first.
    void set_reply_limit(std::size_t bytes) { reply_limit_ = bytes; }
    // Replies: kept up to the limit for them; more means a peer that asks and does not read, and
    // fails.
    void push_reply(base::SharedBytes bytes);

    // Writes what the socket takes now; the rest follows by itself when it takes more.
    void flush();

    bool empty() const { return count_ == 0; }
    bool failed() const { return failed_; }
    std::size_t queued_bytes() const { return queued_bytes_; }
    std::uint64_t bytes_sent() const { return bytes_sent_; }
    std::uint64_t system_calls() const { return system_calls_; }
    // Since when the socket has taken nothing although something waits.
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
    void fail(int error);
    void consume(std::size_t bytes);
    void wait_writable();

    // What write() touches stands together in one line: with many readers each further one is a
    // miss.
    int const descriptor_;
    bool waiting_ = false;
    bool failed_ = false;
    std::size_t count_ = 0;
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t system_calls_ = 0;

    tcp::socket& socket_;
    std::size_t first_ = 0;
    std::size_t queued_bytes_ = 0;
    std::size_t queued_weight_ = 0;
    std::size_t queued_reply_bytes_ = 0;
    std::vector<Item> ring_;  // its size is a power of two
    WriteQueueLimits limits_;
    std::size_t reply_limit_ = kMaxReplyBytes;
    OnFailure on_failure_;
    std::optional<Clock::time_point> blocked_since_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for the wait handler
};

}  // namespace tidegate::net
