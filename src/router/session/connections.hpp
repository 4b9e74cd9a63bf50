// The connections and sessions that are open now, for the Control API, the metrics and kick. A
// session keeps its own record up to date; lists are snapshots. Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/model/state.hpp"

namespace tidegate::router {

// One open connection or session: Info's fields under a lock, the counters that change with every
// unit beside it as atomics.
template <class Info>
class Record {
public:
    Record(Info info, std::function<void(std::string const&)> close)
        : id_(info.id), created_(info.created), info_(std::move(info)), close_(std::move(close)) {}

    std::string const& id() const { return id_; }
    WallTime created() const { return created_; }

    template <class Change>
    void change(Change&& apply) {
        std::lock_guard const lock(mutex_);
        apply(info_);
    }
    Info snapshot() const;
    // With the counters as they stand, under the lock.
    void visit(std::function<void(Info const&)> const& look) {
        std::lock_guard const lock(mutex_);
        fill_counters(info_);
        look(info_);
    }
    void close(std::string const& reason) const { close_(reason); }

    std::atomic<std::uint64_t> inbound_bytes{0};
    std::atomic<std::uint64_t> outbound_bytes{0};
    std::atomic<std::uint64_t> outbound_packets{0};  // RTSP: RTP packets
    std::atomic<std::uint64_t> outbound_rtcp_packets{0};
    std::atomic<std::uint64_t> discarded{0};  // RTMP frames, RTP packets
    std::atomic<bool> without_picture{false};
    std::atomic<std::uint64_t> inbound_rtcp_packets{0};
    std::atomic<std::uint64_t> inbound_rtcp_packets_in_error{0};

private:
    void fill_counters(Info& info) const;

    std::string const id_;
    WallTime const created_;
    mutable std::mutex mutex_;
    Info info_;  // guarded by mutex_
    std::function<void(std::string const&)> const close_;
};

template <class Info>
class Registry {
public:
    using Entry = std::shared_ptr<Record<Info>>;

    void add(Entry const& entry) {
        std::lock_guard const lock(mutex_);
        entries_.emplace(entry->id(), entry);
    }
    void remove(std::string_view id) { take(id); }
    std::vector<Info> list() const {
        std::lock_guard const lock(mutex_);
        std::vector<Info> infos;
        infos.reserve(entries_.size());
        for (auto const& [id, entry] : entries_) infos.push_back(entry->snapshot());
        return infos;
    }
    // In the order of their creation; one that ends meanwhile may still be visited.
    void each(std::function<void(Info const&)> const& visit) const {
        for (auto const& entry : by_creation()) entry->visit(visit);
    }
    // Out of the list at once, closed soon (contract §4.9).
    bool kick(std::string_view id) {
        auto const entry = take(id);
        if (entry == nullptr) return false;
        entry->close("terminated");
        return true;
    }
    void close_all(std::string const& reason) const {
        std::lock_guard const lock(mutex_);
        for (auto const& [id, entry] : entries_) entry->close(reason);
    }
    std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return entries_.size();
    }

private:
    std::vector<Entry> by_creation() const {
        std::vector<Entry> order;
        {
            std::lock_guard const lock(mutex_);
            order.reserve(entries_.size());
            for (auto const& [id, entry] : entries_) order.push_back(entry);
        }
        std::ranges::sort(order, {}, [](Entry const& entry) { return entry->created(); });
        return order;
    }
    Entry take(std::string_view id) {
        std::lock_guard const lock(mutex_);
        auto const found = entries_.find(id);
        if (found == entries_.end()) return nullptr;
        auto entry = found->second;
        entries_.erase(found);
        return entry;
    }

    mutable std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_;  // guarded by mutex_
};

template <class Info>
Info Record<Info>::snapshot() const {
    std::lock_guard const lock(mutex_);
    auto info = info_;
    fill_counters(info);
    return info;
}

template <>
void Record<RtmpConnInfo>::fill_counters(RtmpConnInfo& info) const;
template <>
void Record<RtspConnInfo>::fill_counters(RtspConnInfo& info) const;
template <>
void Record<RtspSessionInfo>::fill_counters(RtspSessionInfo& info) const;

using RtmpConnRecord = Record<RtmpConnInfo>;
using RtspConnRecord = Record<RtspConnInfo>;
using RtspSessionRecord = Record<RtspSessionInfo>;

struct Connections {
    Registry<RtmpConnInfo> rtmp_conns;
    Registry<RtspConnInfo> rtsp_conns;
    Registry<RtspSessionInfo> rtsp_sessions;

    void close_all() const {
        rtmp_conns.close_all("terminated");
        rtsp_conns.close_all("terminated");
    }
};

}  // namespace tidegate::router
