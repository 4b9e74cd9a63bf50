// What a client asks for in stream:init (§5.1). Plain values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sts/core/audio_data.hpp"
#include "sts/core/limits.hpp"

namespace tidegate::sts {

struct StreamConfig {
    std::string stream_id{};
    std::string worker_id{};
    std::string source_language{"en"};
    std::string target_language{"es"};
    std::string voice_profile{"default"};
    std::chrono::milliseconds chunk_duration{6000};  // what fragments usually have
    std::uint32_t sample_rate = 48'000;
    std::uint32_t channels = 2;
    std::string format{kFormatAac};  // of what is sent; the answers may have another
    std::vector<std::string> domain_hints{};
    std::uint32_t max_in_flight = kDefaultInFlight;
    std::chrono::milliseconds timeout = kFragmentDeadline;

    bool operator==(StreamConfig const&) const = default;
};

}  // namespace tidegate::sts
