// Immutable, reference-counted bytes: an access unit is received once and then only pointed at.
// A SharedBytes may be copied, sliced and dropped on any thread; the bytes never change after
// finish().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"

namespace tidegate::base {

namespace detail {
// Header of one allocation; the bytes follow it.
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
    SharedBytes() = default;
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

    // A view of the same allocation. REQUIRES: offset + count <= size().
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

// The one writer of a block before it is shared. Appending beyond the capacity doubles it (one
// copy).
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
    // Room for count bytes that the caller fills at once; counted as appended.
    std::uint8_t* extend(std::size_t count);

    std::size_t size() const { return size_; }
    ByteView view() const { return {block_ == nullptr ? nullptr : block_->bytes(), size_}; }
    void clear() { size_ = 0; }

    SharedBytes finish() &&;

private:
    detail::SharedBlock* block_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace tidegate::base
