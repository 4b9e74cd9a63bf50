// How a stream is dubbed. Checked once, at the start of the worker. Plain values; any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sts/core/audio_data.hpp"
#include "sts/core/service_url.hpp"

namespace tidegate::worker {

using namespace std::chrono_literals;

// The output is this much later than the input. A fragment of 2 s that is answered within 1 s needs
// at least as much; nobody calls a stream live that is more than a minute late.
inline constexpr std::chrono::milliseconds kMinDubDelay = 2s;
inline constexpr std::chrono::milliseconds kMaxDubDelay = 60s;
// The least length of fragments that may be set: a shorter one has no sentence in it.
inline constexpr std::chrono::milliseconds kMinFragment = 200ms;
// The protocol's services take at most this much.
inline constexpr std::chrono::milliseconds kMaxFragment = 10s;

// Languages into which one stream is dubbed. Each costs an encoder (a hundredth of a core), a
// session of the service, and with the default delay up to 12 MiB of sound that waits: four stay
// below the 64 MiB that a worker may have beside what waits of the input.
inline constexpr std::size_t kMaxDubTargets = 4;

struct DubTarget {
    std::string language;
    std::string voice = "default";
};

struct DubSettings {
    sts::ServiceUrl service;
    std::string token;               // secret; empty: none
    std::string ca_file;             // certificates to trust besides the system's; empty: none
    std::vector<DubTarget> targets;  // in the order of the output's tracks; at least one
    std::string source_language = "en";
    std::chrono::milliseconds delay = 10s;
    std::optional<double> bed_db;  // level of the original under the dub; nullopt: it is not heard
    std::string format{sts::kFormatAac};  // of what is sent
    std::chrono::milliseconds min_fragment = 2s;
    std::chrono::milliseconds max_fragment = 6s;

    // The limits with which fragments are cut. A fragment is sent when it has ended and its answer
    // must be there when its beginning goes out: with a short delay fragments have to be shorter.
    std::chrono::milliseconds longest() const { return std::min(max_fragment, delay * 6 / 10); }
    std::chrono::milliseconds shortest() const { return std::min(min_fragment, longest() / 2); }
};

}  // namespace tidegate::worker
