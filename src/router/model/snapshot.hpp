// Holds an immutable value, such as the configuration, which can be replaced as a whole at any
// time. Whoever has taken the old value can go on with it. Any thread; reading copies one pointer.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace tidegate::router {

template <class T>
class Snapshot {
public:
    using Ptr = std::shared_ptr<T const>;

    explicit Snapshot(Ptr value) : value_(std::move(value)) {}

    Ptr get() const {
        std::lock_guard const lock(mutex_);
        return value_;
    }
    void set(Ptr value) {
        std::lock_guard const lock(mutex_);
        value_.swap(value);
    }

private:
    mutable std::mutex mutex_;
    Ptr value_;  // guarded by mutex_, never null
};

}  // namespace tidegate::router
