// The thread that does the work of a SoundLine: decoding, fitting and encoding take milliseconds,
// which the worker's loop must not wait for. The loop gives it work, and takes what it has made.
// Each wakes the other as seldom as possible: a thread that wakes costs 20 us, more than a unit.
// The worker's loop owns it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/shared_bytes.hpp"
#include "net/event_loop.hpp"
#include "worker/stages/dub/sound_line.hpp"

namespace tidegate::worker {

// What is waiting for the helper at most, in bytes of the source's sound. It is ahead of it by
// milliseconds; on a machine that has no time for it, sound that does not fit is left out.
inline constexpr std::size_t kMaxHelperBytes = std::size_t{8} << 20;

// Some of what SoundLine takes, in the order in which it is taken.
struct Work {
    struct Sound {
        std::optional<media::Track> track{};  // the description has changed before this unit
        base::SharedBytes payload{};          // empty: no unit
        base::Timestamp pts{};
        bool encode_original = false;  // SoundLine::encode_original(), before this unit
    };

    // What one language's service has answered.
    struct Language {
        std::vector<std::pair<std::uint64_t, sts::Dub>> answers{};
        std::vector<std::pair<std::uint64_t, dub::Fallback>> fallbacks{};
        std::optional<dub::Fallback> not_sending{};  // DubLine::set_sending()
    };

    std::vector<Sound> sounds{};
    std::vector<Language> languages{};        // by their index
    std::optional<base::Timestamp> newest{};  // SoundLine::note_time()
    bool end_source = false;
    std::optional<base::Timestamp> advance{};
    bool finish = false;
    bool wake_loop = true;  // when it is done; the loop does not come by itself soon
};

class Helper {
public:
    using OnMade = std::function<void(Made&&)>;

    // on_made is called by hand_over() only.
    Helper(net::EventLoop& loop, LineSettings settings, OnMade on_made);
    // Waits for the piece of work that is being done, some milliseconds.
    ~Helper();
    Helper(Helper const&) = delete;
    Helper& operator=(Helper const&) = delete;

    void give(Work work);
    // Hands what was made so far to on_made. The loop is woken to call it where it was asked to be,
    // when a fragment is to be sent, and at the end; otherwise whoever gives work calls it soon.
    void hand_over();

private:
    void run(std::stop_token const& stop);
    void do_work(SoundLine& line, Work& work);
    void keep(Made made, bool wake_loop);

    net::EventLoop& loop_;
    LineSettings const settings_;
    OnMade const on_made_;
    std::shared_ptr<Helper*> self_;  // for the loop's handlers; of nullptr after the destructor
    std::mutex mutex_;
    std::condition_variable given_;
    std::vector<Work> waiting_;      // guarded by mutex_
    std::size_t waiting_bytes_ = 0;  // likewise
    std::vector<Made> made_;         // likewise
    bool waking_ = false;            // likewise: a handler that hands over waits on the loop
    std::jthread thread_;            // last: it ends before what it uses
};

}  // namespace tidegate::worker
