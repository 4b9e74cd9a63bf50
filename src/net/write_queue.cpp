#include "net/write_queue.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/memory_pressure.hpp"
#include "net/tls_channel.hpp"

namespace tidegate::net {

namespace {

// Slices in one sendmsg: a whole turn's worth for a reader that keeps up, and 1 KiB of stack.
constexpr std::size_t kMaxGathered = 64;

// Most readers never hold more than a turn's units.
constexpr std::size_t kInitialRing = 16;

}  // namespace

WriteQueue::WriteQueue(tcp::socket& socket, WriteQueueLimits limits, OnFailure on_failure,
                       TlsChannel* tls)
    : descriptor_(socket.native_handle()),
      mode_(tls == nullptr ? Mode::in_clear : Mode::over_tls),
      socket_(socket),
      tls_(tls),
      limits_(limits),
      on_failure_(std::move(on_failure)) {}

WriteQueue::~WriteQueue() {
    *alive_ = false;
}

bool WriteQueue::empty() const {
    return count_ == 0 && !(tls_ != nullptr && tls_->has_unsent());
}

bool WriteQueue::has_room(std::size_t bytes, std::size_t weight) const {
    if (failed()) return false;
    if (count_ == 0) return true;
    if (queued_bytes_ + bytes > limits_.bytes) return false;
    if (base::memory_is_short() && queued_bytes_ + bytes > base::kMaxPeerBytesWhenShort)
        return false;
    return queued_weight_ + weight <= limits_.weight || keeps_up();
}

// By the oldest item, which has waited longest.
bool WriteQueue::keeps_up() const {
    auto const since = at(0).since;
    return since == Clock::time_point{} || Clock::now() - since < limits_.keep_up;
}

bool WriteQueue::push(base::SharedBytes bytes, std::size_t weight) {
    if (!has_room(bytes.size(), weight)) return false;
    append({std::move(bytes), weight, false});
    return true;
}

bool WriteQueue::write(base::SharedBytes const& bytes, std::size_t weight) {
    if (mode_ != Mode::in_clear) return write_over_tls(bytes, weight);
    std::size_t taken = 0;
    if (count_ == 0 && !waiting_) {
        ++system_calls_;
        auto const sent =
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
            fail(errno);
            return false;
        }
        if (sent > 0) taken = static_cast<std::size_t>(sent);
        bytes_sent_ += taken;
        if (taken == bytes.size()) return true;
    }
    if (!push(bytes.slice(taken), weight)) return false;
    flush();
    return true;
}

void WriteQueue::push_rest(base::SharedBytes bytes) {
    if (!failed()) append({std::move(bytes), 0, false});
}

void WriteQueue::push_reply(base::SharedBytes bytes) {
    if (failed() || bytes.empty()) return;
    queued_reply_bytes_ += static_cast<std::uint32_t>(bytes.size());
    append({std::move(bytes), 0, true});
    if (queued_reply_bytes_ > reply_limit_) fail(ENOBUFS);
}

void WriteQueue::append(Item item) {
    if (count_ == ring_.size()) grow();
    queued_bytes_ += item.bytes.size();
    queued_weight_ += item.weight;
    if (waiting_) item.since = Clock::now();
    at(count_) = std::move(item);
    ++count_;
}

// The socket has not taken these: their time begins. Those before them have one already.
void WriteQueue::stamp() {
    auto const now = Clock::now();
    for (auto i = count_; i != 0 && at(i - 1).since == Clock::time_point{}; --i) {
        at(i - 1).since = now;
    }
    if (!blocked_since_) blocked_since_ = now;
}

void WriteQueue::grow() {
    std::vector<Item> larger(std::max(kInitialRing, ring_.size() * 2));
    for (std::size_t i = 0; i < count_; ++i) larger[i] = std::move(at(i));
    ring_ = std::move(larger);
    first_ = 0;
}

void WriteQueue::flush() {
    if (waiting_) return;
    if (mode_ != Mode::in_clear) return flush_over_tls();
    while (count_ != 0 && write_once()) {
    }
}

bool WriteQueue::write_once() {
    std::array<iovec, kMaxGathered> slices;
    auto const gathered = std::min(count_, kMaxGathered);
    for (std::size_t i = 0; i < gathered; ++i) {
        auto const view = at(i).bytes.view();
        slices[i] = {const_cast<std::uint8_t*>(view.data()), view.size()};  // sendmsg only reads
    }
    msghdr message{};
    message.msg_iov = slices.data();
    message.msg_iovlen = gathered;

    ++system_calls_;
    auto const sent = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
        blocked_since_.reset();
        consume(static_cast<std::size_t>(sent));
        return true;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        stamp();
        wait_writable();
        return false;
    }
    fail(errno);
    return false;
}

void WriteQueue::fail(int error) {
    mode_ = Mode::failed;
    on_failure_({error, boost::system::system_category()});
}

void WriteQueue::consume(std::size_t bytes) {
    bytes_sent_ += bytes;
    queued_bytes_ -= bytes;
    while (bytes != 0 || (count_ != 0 && at(0).bytes.empty())) {
        auto& item = at(0);
        if (item.reply) {
            queued_reply_bytes_ -= static_cast<std::uint32_t>(std::min(bytes, item.bytes.size()));
        }
        if (bytes < item.bytes.size()) {
            item.bytes = item.bytes.slice(bytes);
            return;
        }
        bytes -= item.bytes.size();
        queued_weight_ -= item.weight;
        item = {};
        first_ = (first_ + 1) & (ring_.size() - 1);
        --count_;
    }
}

void WriteQueue::wait_writable() {
    waiting_ = true;
    socket_.async_wait(tcp::socket::wait_write,
                       [this, alive = alive_](boost::system::error_code error) {
                           if (!*alive) return;
                           waiting_ = false;
                           if (!error) flush();  // an error here is our own close
                       });
}

}  // namespace tidegate::net
