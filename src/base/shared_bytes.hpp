// Immutable bytes with a reference count. An access unit is received once; everybody who passes it
// on holds a SharedBytes, which points at the same memory. A SharedBytes may be copied, sliced and
// dropped on any thread. The last one that goes frees the memory (block_pool.hpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"

namespace tidegate::base {

namespace detail {
// The header of one allocation; the bytes follow it.
struct SharedBlock {
    std::atomic<std::uint32_t> references;
    std::size_t capacity;
    std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};
SharedBlock* allocate_block(std::size_t capacity);
void free_block(SharedBlock* block) noexcept;
}  // namespace detail

class SharedBytes {
public:
    SharedBytes() = default;  // empty; owns no memory
    static SharedBytes copy_of(ByteView bytes);

    SharedBytes(SharedBytes const& other) noexcept
        : block_(other.block_), data_(other.data_), size_(other.size_) {
        if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    SharedBytes(SharedBytes&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    SharedBytes& operator=(SharedBytes other) noexcept {
        std::swap(block_, other.block_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~SharedBytes() { release(); }

    // A part of these bytes that shares their memory and keeps all of it alive. REQUIRES: offset +
    // count <= size().
    SharedBytes slice(std::size_t offset, std::size_t count) const;
    SharedBytes slice(std::size_t offset) const { return slice(offset, size_ - offset); }

    std::uint8_t const* data() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    ByteView view() const { return {data_, size_}; }

private:
    friend class SharedBytesBuilder;
    SharedBytes(detail::SharedBlock* block, std::uint8_t const* data, std::size_t size)
        : block_(block), data_(data), size_(size) {}
    void release() noexcept {
        if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            detail::free_block(block_);
        }
    }

    detail::SharedBlock* block_ = nullptr;
    std::uint8_t const* data_ = nullptr;
    std::size_t size_ = 0;
};

// Fills a block before it is shared: append, then finish(). When the capacity is used up, the bytes
// are copied into a block of at least twice the capacity. Used by one thread at a time.
class SharedBytesBuilder {
public:
    SharedBytesBuilder() = default;
    explicit SharedBytesBuilder(std::size_t capacity) { reserve(capacity); }
    SharedBytesBuilder(SharedBytesBuilder&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    SharedBytesBuilder& operator=(SharedBytesBuilder&& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~SharedBytesBuilder();

    void reserve(std::size_t capacity);
    void append(ByteView bytes);
    // Appends `count` uninitialized bytes and returns where they begin. The caller fills them
    // before it calls anything else here: the next append may move them.
    std::uint8_t* extend(std::size_t count);

    std::size_t size() const { return size_; }
    ByteView view() const { return {block_ == nullptr ? nullptr : block_->bytes(), size_}; }
    void clear() { size_ = 0; }

    // Turns what was appended into a SharedBytes without a copy. The builder is empty afterwards.
    SharedBytes finish() &&;

private:
    detail::SharedBlock* block_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace tidegate::base
