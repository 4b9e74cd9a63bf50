// An immutable value that is replaced as a whole while others go on with the one they took: the
// configuration, the users. Any thread; a reader copies one pointer.
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
