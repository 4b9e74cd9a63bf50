// The write queue of a connection over TLS.
#include <algorithm>
#include <cerrno>

#include "net/tls_channel.hpp"
#include "net/write_queue.hpp"

namespace tidegate::net {

// An item that comes alone, as nearly all do, is encrypted where it lies.
bool WriteQueue::write_over_tls(base::SharedBytes const& bytes, std::size_t weight) {
    if (failed()) return false;
    std::size_t sealed = 0;
    if (count_ == 0 && !waiting_ && tls_->established() && !bytes.empty()) {
        bool const one_record = bytes.size() <= kRecordSize;
        sealed = std::min(bytes.size(), kMaxSealed);
        if (!one_record && !tls_->seal(bytes.view().first(sealed))) {
            fail(EPROTO);
            return false;
        }
        bytes_sent_ += sealed;
        after_send(one_record ? tls_->send_record(descriptor_, bytes.view())
                              : tls_->send(descriptor_));
        if (failed()) return false;
        if (sealed == bytes.size()) return true;
    }
    if (!push(bytes.slice(sealed), weight)) return false;
    flush();
    return true;
}

void WriteQueue::flush_over_tls() {
    if (failed()) return;
    if (tls_->has_unsent() && !after_send(tls_->send(descriptor_))) return;
    while (count_ != 0 && tls_->established()) {
        if (!seal_queued()) return fail(EPROTO);
        if (!after_send(tls_->send(descriptor_))) return;
    }
}

// False: nothing more can be sent now.
bool WriteQueue::after_send(TlsSent sent) {
    ++system_calls_;
    if (sent == TlsSent::failed) {
        fail(errno);
        return false;
    }
    if (sent != TlsSent::nothing) blocked_since_.reset();
    if (sent == TlsSent::all) return true;
    stamp();
    wait_writable();
    return false;
}

// Encrypts what leaves with one send. False: the connection is broken.
bool WriteQueue::seal_queued() {
    std::size_t sealed = 0;
    while (count_ != 0 && sealed + kRecordSize <= kMaxSealed) {
        auto const record = next_record();
        if (!record.empty() && !tls_->seal(record)) return false;
        sealed += record.size();
        consume(record.size());
    }
    return true;
}

// The next bytes of the queue, as many as a record holds. They are copied together only if they lie
// in several items.
base::ByteView WriteQueue::next_record() {
    auto const first = at(0).bytes.view();
    if (count_ == 1 || first.size() >= kRecordSize) {
        return first.first(std::min(first.size(), kRecordSize));
    }
    auto& record = tls_->record_buffer();
    record.clear();
    for (std::size_t i = 0; i != count_ && record.size() != kRecordSize; ++i) {
        auto const view = at(i).bytes.view();
        auto const taken = view.first(std::min(view.size(), kRecordSize - record.size()));
        record.insert(record.end(), taken.begin(), taken.end());
    }
    return record;
}

}  // namespace tidegate::net
