// Memory of one event loop for what every write to every peer touches: objects of one type stand
// side by side. Hundreds of them are then a few pages and not a page each, whose addresses the
// processor would have to look up anew each time. The loop's thread only.
#pragma once

#include <memory>
#include <memory_resource>
#include <utility>

namespace tidegate::net {

template <class T>
struct LoopDelete {
    std::pmr::memory_resource* memory = nullptr;
    void operator()(T* object) const {
        std::pmr::polymorphic_allocator<>(memory).delete_object(object);
    }
};

// REQUIRES: destroyed before its LoopMemory.
template <class T>
using LoopPtr = std::unique_ptr<T, LoopDelete<T>>;

class LoopMemory {
public:
    template <class T, class... Arguments>
    LoopPtr<T> make(Arguments&&... arguments) {
        std::pmr::polymorphic_allocator<> allocator(&pool_);
        return {allocator.new_object<T>(std::forward<Arguments>(arguments)...),
                LoopDelete<T>{&pool_}};
    }

private:
    std::pmr::unsynchronized_pool_resource pool_;
};

}  // namespace tidegate::net
