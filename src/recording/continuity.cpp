#include "recording/continuity.hpp"

namespace tidegate::recording {

Continuity continuity_of(mp4::Movie const& movie) {
    Continuity made;
    for (auto const& track : movie.tracks) {
        made.tracks.push_back({track.id, track.timescale, track.track});
    }
    made.recording = movie.recording;
    return made;
}

// The tracks are compared for files of one recorder, too: a player that has got the parameters of
// the first file cannot decode another's.
bool goes_on(Continuity const& before, FileTime end, Continuity const& next, FileTime start) {
    if (before.tracks != next.tracks) return false;
    if (before.recording.has_value() != next.recording.has_value()) return false;
    if (!before.recording) return start >= end - kMaxPause && start <= end + kMaxPause;
    return before.recording->stream_id == next.recording->stream_id &&
           before.recording->segment + 1 == next.recording->segment;
}

}  // namespace tidegate::recording
