#include "load/live_scanner.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

namespace tidegate::bench {

namespace {

constexpr std::size_t kBoxHeader = 8;
constexpr std::size_t kFullBoxHeader = 12;

std::uint32_t read_u32(std::uint8_t const* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
           at[3];
}

std::string_view type_of(std::uint8_t const* box) {
    return {reinterpret_cast<char const*>(box) + 4, 4};
}

// The sizes in a trun box (ISO/IEC 14496-12 §8.8.8), as our router writes it.
void append_sizes(base::ByteView trun, std::vector<std::uint32_t>& sizes) {
    auto const flags = read_u32(trun.data() + kBoxHeader) & 0xffffffU;
    auto const words = [&](std::uint32_t fields) {
        return static_cast<std::size_t>(std::popcount(flags & fields));
    };
    auto const count = read_u32(trun.data() + kFullBoxHeader);
    auto const first = kFullBoxHeader + 4 + 4 * words(0x1 | 0x4);
    auto const row = 4 * words(0x100 | 0x200 | 0x400 | 0x800);
    auto const size = 4 * words(0x100);
    for (std::size_t i = 0; i < count && first + (i + 1) * row <= trun.size(); ++i) {
        sizes.push_back(read_u32(trun.data() + first + i * row + size));
    }
}

void find_runs(base::ByteView boxes, std::vector<std::uint32_t>& sizes) {
    while (boxes.size() >= kBoxHeader) {
        auto const size = read_u32(boxes.data());
        if (size < kBoxHeader || size > boxes.size()) return;
        auto const box = boxes.first(size);
        if (type_of(box.data()) == "traf") find_runs(box.subspan(kBoxHeader), sizes);
        if (type_of(box.data()) == "trun" && size >= kFullBoxHeader + 4) append_sizes(box, sizes);
        boxes = boxes.subspan(size);
    }
}

}  // namespace

bool LiveScanner::feed(base::ByteView bytes, UnitSink& sink) {
    while (!bytes.empty()) {
        switch (state_) {
            case State::http:
                if (!http(bytes)) return false;
                break;
            case State::box:
                if (!box(bytes)) return false;
                break;
            case State::moof:
                if (!gather(bytes, static_cast<std::size_t>(left_))) break;
                read_moof();
                break;
            case State::skip: {
                auto const count = std::min<std::uint64_t>(left_, bytes.size());
                left_ -= count;
                bytes = bytes.subspan(static_cast<std::size_t>(count));
                if (left_ == 0) state_ = State::box;
                break;
            }
            case State::units:
                step(bytes, sink);
                break;
        }
    }
    return true;
}

// True: kept_ has so many bytes.
bool LiveScanner::gather(base::ByteView& bytes, std::size_t size) {
    auto const count = std::min(size - kept_.size(), bytes.size());
    kept_.insert(kept_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    return kept_.size() == size;
}

bool LiveScanner::http(base::ByteView& bytes) {
    static constexpr std::string_view kOk = "HTTP/1.1 200 ";
    kept_.push_back(bytes[0]);
    bytes = bytes.subspan(1);
    std::string_view const text(reinterpret_cast<char const*>(kept_.data()), kept_.size());
    if (text.ends_with("\r\n\r\n")) {
        kept_.clear();
        state_ = State::box;
    }
    return text.size() < kMaxKept && kOk.starts_with(text.substr(0, kOk.size()));
}

bool LiveScanner::box(base::ByteView& bytes) {
    if (!gather(bytes, kBoxHeader)) return true;
    auto const size = read_u32(kept_.data());
    auto const type = type_of(kept_.data());
    bool const moof = type == "moof";
    bool const mdat = type == "mdat";
    bool const known = moof || mdat || type == "ftyp" || type == "moov";
    kept_.clear();
    if (!known || size <= kBoxHeader || (moof && size > kMaxKept)) return false;
    left_ = size - kBoxHeader;
    state_ = moof ? State::moof : mdat && !sizes_.empty() ? State::units : State::skip;
    unit_ = 0;
    head_size_ = 0;
    if (state_ == State::units) left_ = sizes_.front();
    return true;
}

void LiveScanner::read_moof() {
    sizes_.clear();
    find_runs(kept_, sizes_);
    kept_.clear();
    state_ = State::box;
}

void LiveScanner::step(base::ByteView& bytes, UnitSink& sink) {
    auto const count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    auto const looked_at = std::min(count, kLookedAt - head_size_);
    std::memcpy(head_.data() + head_size_, bytes.data(), looked_at);
    head_size_ += looked_at;
    left_ -= count;
    bytes = bytes.subspan(count);
    if (left_ != 0) return;
    if (auto const code = find_time_code(base::ByteView(head_).first(head_size_))) {
        sink.on_unit(*code);
    }
    head_size_ = 0;
    if (++unit_ == sizes_.size()) {
        state_ = State::box;
    } else {
        left_ = sizes_[unit_];
    }
}

}  // namespace tidegate::bench
