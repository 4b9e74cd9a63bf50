// Delays in constant memory: 64 buckets an octave, so a percentile is exact to 1.6 %. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "load/clock.hpp"

namespace tidegate::bench {

class Histogram {
public:
    void add(Nanoseconds value) {
        auto const v = value < 0 ? 0 : static_cast<std::uint64_t>(value);
        ++counts_[bucket(v)];
        ++total_;
        if (value > max_) max_ = value;
    }
    void clear() { *this = {}; }

    std::uint64_t count() const { return total_; }
    Nanoseconds max() const { return max_; }
    // The upper edge of the bucket that holds it; 0 when nothing was added.
    Nanoseconds percentile(double percent) const {
        auto const wanted = static_cast<double>(total_) * percent / 100;
        double seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += static_cast<double>(counts_[i]);
            if (counts_[i] != 0 && seen >= wanted) return static_cast<Nanoseconds>(upper_edge(i));
        }
        return 0;
    }

private:
    static constexpr unsigned kSubBits = 6;
    static constexpr std::uint64_t kSub = 1U << kSubBits;

    static std::size_t bucket(std::uint64_t value) {
        if (value < kSub) return value;
        auto const octave = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
        return (octave + 1) * kSub + ((value >> octave) - kSub);
    }
    static std::uint64_t upper_edge(std::size_t index) {
        if (index < kSub) return index;
        auto const octave = index / kSub - 1;
        return (index % kSub + kSub + 1) << octave;
    }

    std::array<std::uint32_t, (64 - kSubBits + 1) * kSub> counts_{};
    std::uint64_t total_ = 0;
    Nanoseconds max_ = 0;
};

}  // namespace tidegate::bench
