// Memory of one event loop for objects that each write to a peer touches. Objects of one size lie
// side by side, so hundreds of them fill a few pages. If each lay in a page of its own, the
// processor would have to look up hundreds of addresses (TLB misses). The loop's thread only.
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

// REQUIRES: it is destroyed before its LoopMemory.
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
