#include "base/shared_bytes.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "base/block_pool.hpp"

namespace tidegate::base {

namespace detail {

// With the address sanitizer every block is freed at once: only then does it see a use after the
// free.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
SharedBlock* allocate_block(std::size_t capacity) {
    return new (::operator new(sizeof(SharedBlock) + capacity)) SharedBlock{{1}, capacity};
}

void free_block(SharedBlock* block) noexcept {
    ::operator delete(block);
}
#else
SharedBlock* allocate_block(std::size_t capacity) {
    auto const memory = take_memory(sizeof(SharedBlock) + capacity);
    return new (memory.data) SharedBlock{{1}, memory.size - sizeof(SharedBlock)};
}

void free_block(SharedBlock* block) noexcept {
    give_back_memory(block);
}
#endif

}  // namespace detail

SharedBytes SharedBytes::copy_of(ByteView bytes) {
    SharedBytesBuilder builder(bytes.size());
    builder.append(bytes);
    return std::move(builder).finish();
}

SharedBytes SharedBytes::slice(std::size_t offset, std::size_t count) const {
    assert(offset + count <= size_);
    SharedBytes part = *this;
    part.data_ += offset;
    part.size_ = count;
    return part;
}

SharedBytesBuilder::~SharedBytesBuilder() {
    if (block_ != nullptr) detail::free_block(block_);
}

void SharedBytesBuilder::reserve(std::size_t capacity) {
    if (block_ != nullptr && block_->capacity >= capacity) return;
    auto* const larger = detail::allocate_block(capacity);
    if (block_ != nullptr) {
        std::memcpy(larger->bytes(), block_->bytes(), size_);
        detail::free_block(block_);
    }
    block_ = larger;
}

std::uint8_t* SharedBytesBuilder::extend(std::size_t count) {
    auto const needed = size_ + count;
    auto const capacity = block_ == nullptr ? 0 : block_->capacity;
    if (needed > capacity) reserve(std::max(needed, capacity * 2));
    auto* const room = block_ == nullptr ? nullptr : block_->bytes() + size_;
    size_ = needed;
    return room;
}

void SharedBytesBuilder::append(ByteView bytes) {
    if (bytes.empty()) return;
    std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
}

SharedBytes SharedBytesBuilder::finish() && {
    auto* const block = std::exchange(block_, nullptr);
    auto const size = std::exchange(size_, 0);
    if (block == nullptr) return {};
    return {block, block->bytes(), size};
}

}  // namespace tidegate::base
