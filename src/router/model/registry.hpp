// The connections or sessions of one kind that are open now, for the Control API, the metrics and
// kick. A session keeps its own record up to date; whoever looks takes copies. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "router/model/in_turns.hpp"
#include "router/model/path_info.hpp"

namespace tidegate::router {

// One open connection or session. Shown: a plain struct with id and created, whose other members
// the session changes under a lock. A protocol derives its own record, which adds the counters that
// change with every unit as atomics.
template <class Shown>
class Record {
public:
    using Info = Shown;

    Record(Info info, std::function<void(std::string const&)> close)
        : id_(info.id), info_(std::move(info)), close_(std::move(close)) {}
    virtual ~Record() = default;
    Record(Record const&) = delete;
    Record& operator=(Record const&) = delete;

    std::string const& id() const { return id_; }

    template <class Change>
    // Calls apply(info) with the lock held.
    void change(Change&& apply) {
        std::lock_guard const lock(mutex_);
        apply(info_);
    }
    // Copies everything, counters included. The strings of `to` keep their memory, so a loop that
    // passes the same object again does not allocate.
    void copy_to(Info& to) const {
        {
            std::lock_guard const lock(mutex_);
            to = info_;
        }
        read_counters(to);
    }
    Info snapshot() const {
        Info info;
        copy_to(info);
        return info;
    }
    // Asks the session to end with this reason; returns at once.
    void close(std::string const& reason) const { close_(reason); }

private:
    // Sets the members of `info` that are counted outside the lock.
    virtual void read_counters(Info& info) const = 0;

    std::string const id_;
    mutable std::mutex mutex_;
    Info info_;  // guarded by mutex_
    std::function<void(std::string const&)> const close_;
};

template <class RecordType>
class Registry {
public:
    using Info = typename RecordType::Info;
    using Entry = std::shared_ptr<RecordType>;

    void add(Entry const& entry) {
        std::lock_guard const lock(mutex_);
        auto const place = by_arrival_.emplace(++arrivals_, entry).first;
        arrival_of_.emplace(entry->id(), place->first);
    }
    void remove(std::string_view id) { take(id); }
    // Null when there is none.
    Entry find(std::string_view id) const {
        std::lock_guard const lock(mutex_);
        auto const found = arrival_of_.find(id);
        return found == arrival_of_.end() ? nullptr : by_arrival_.at(found->second);
    }
    // In the order of their arrival. One that ends meanwhile may still be among them.
    std::vector<Entry> entries() const {
        std::vector<Entry> entries;
        in_turns([&](Entry& entry) { entries.push_back(std::move(entry)); });
        return entries;
    }
    // The same, one after the other and without a copy of the list; no lock is held during a visit.
    void each(std::function<void(Info const&)> const& visit) const {
        Info info;
        in_turns([&](Entry const& entry) {
            entry->copy_to(info);
            visit(info);
        });
    }
    // Removes the entry at once and asks its session to end. False when there is none of that id.
    bool kick(std::string_view id) {
        auto const entry = take(id);
        if (entry == nullptr) return false;
        entry->close("terminated");
        return true;
    }
    void close_all() const {
        in_turns([](Entry const& entry) { entry->close("terminated"); });
    }
    std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return by_arrival_.size();
    }

private:
    template <class Use>
    void in_turns(Use use) const {
        visit_in_turns(by_arrival_, mutex_, [](auto const& item) { return item.second; }, use);
    }
    Entry take(std::string_view id) {
        std::lock_guard const lock(mutex_);
        auto const found = arrival_of_.find(id);
        if (found == arrival_of_.end()) return nullptr;
        auto const place = by_arrival_.find(found->second);
        auto entry = std::move(place->second);
        arrival_of_.erase(found);
        by_arrival_.erase(place);
        return entry;
    }

    mutable std::mutex mutex_;
    // All below is guarded by mutex_.
    std::uint64_t arrivals_ = 0;
    std::map<std::uint64_t, Entry> by_arrival_;
    std::unordered_map<std::string_view, std::uint64_t> arrival_of_;  // by the records' own ids
};

}  // namespace tidegate::router
