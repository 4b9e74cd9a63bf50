// Keeps account of a dub: what became of the fragments, what is heard now and why, and what was
// said. Pure: time is an argument. The worker's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dub/fallback.hpp"
#include "sts/core/outcome.hpp"
#include "sts/io/client.hpp"
#include "worker/dub_status.hpp"
#include "worker/stages/dub/sound_line.hpp"

namespace tidegate::worker {

// Of so many fragments the round trips are remembered for the percentiles: some minutes.
inline constexpr std::size_t kRoundTripsKept = 128;
// Captions that nobody has fetched, and texts of fragments whose place has not come. Both are
// fetched and used within seconds.
inline constexpr std::size_t kMaxTexts = 256;

// Why the original is heard in the place of a fragment that the client did not dub.
dub::Fallback fallback_for(sts::FailureReason reason, sts::ClientState state);
// Why a fragment was not even given to the client.
dub::Fallback fallback_for(sts::ClientState state);

class DubAccount {
public:
    DubAccount(std::string language, std::chrono::milliseconds delay);

    void on_cut() { ++status_.fragments; }
    // The service has answered.
    void on_dub(std::uint64_t fragment, sts::Dub const& dub);
    // The place of a fragment is about to go out; `at` is when. Returns true when what is heard has
    // changed (status().dubbed).
    bool on_settled(Settled const& settled, sts::ClientState state,
                    std::chrono::system_clock::time_point at);
    // The stream cannot be dubbed at all. The reason is a word, the detail a sentence.
    void on_no_dub(std::string reason, std::string detail);

    DubStatus& status() { return status_; }
    DubStatus const& status() const { return status_; }
    std::vector<DubCaption> take_captions() { return std::exchange(captions_, {}); }

private:
    struct Text {
        std::string transcript, translation;
    };
    void note_round_trip(std::chrono::nanoseconds time);
    void add_caption(Settled const& settled, std::chrono::system_clock::time_point at);

    DubStatus status_;
    std::map<std::uint64_t, Text> texts_;  // by fragment
    std::vector<double> round_trips_;      // ms; the oldest is replaced
    std::size_t next_round_trip_ = 0;
    std::vector<DubCaption> captions_;
};

}  // namespace tidegate::worker
