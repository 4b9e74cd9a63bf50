// Holding a Lease: who may take it, when it has to be renewed, and until when its holder may act.
// The rules are those of client-go's leader election. Pure: time is an argument, and a request is
// carried out by io/lease_keeper.hpp. One thread.
//
// Clocks are never compared. Whoever wants a Lease that another one holds measures with its own
// monotonic clock how long the record has not changed, and takes it when that is longer than the
// duration in the record. Its holder counts from the moment at which it *sent* its last successful
// renewal, and stops when `deadline` has passed. The server has written the record later than it
// was asked to, and the other one has seen it later still. So both never act at once, as long as
// the clocks of two machines do not run at speeds that differ by more than deadline : duration.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "kubernetes/core/failure.hpp"
#include "kubernetes/core/lease.hpp"

namespace tidegate::kubernetes {

struct ClaimTimes {
    std::chrono::seconds duration;       // how long others wait, since the record last changed
    std::chrono::milliseconds deadline;  // how long the holder acts, since it last renewed
    std::chrono::milliseconds period;    // from one renewal to the next
    std::chrono::milliseconds retry;     // after a failure
    std::chrono::milliseconds look;      // how often the record is read while another one holds it
};

// How long others wait for the Lease of a worker that does not renew it. They wait only where
// nobody can tell whether the worker has ended: its Pod was deleted by force, and its node is
// silent. But all workers of a cluster end when the API server is away for too long, because none
// of them can know that it was not replaced. The update of a control plane takes one or two
// minutes; streams must not notice. So the stream of a lost node waits for longer.
inline constexpr std::chrono::seconds kWorkerLease{180};
// Below, one slow answer of a busy server ends a worker. Above, a stream would wait for its worker
// for longer than its viewers do.
inline constexpr std::chrono::seconds kShortestWorkerLease{10}, kLongestWorkerLease{600};

// The times of a worker. With 180 s, it renews every 18 s (a thousand workers: 56 writes a second)
// and acts for 150 s. So it outlives two minutes without a server, which may begin just before a
// renewal. The rest of the duration is for its last words at the router (1 s), and for clocks that
// run at different speeds.
constexpr ClaimTimes worker_claim(std::chrono::seconds duration) {
    std::chrono::milliseconds const whole = duration;
    auto const soon = std::min<std::chrono::milliseconds>(std::chrono::seconds{2}, whole / 30);
    return {duration, whole * 5 / 6, whole / 10, soon, soon};
}

// A replica that leads. Within 10 s after its death another one has taken over, which has to read
// all workers first. Those that wait watch the Lease, and look only in case their watch is deaf.
inline constexpr ClaimTimes kLeaderClaim{std::chrono::seconds{6}, std::chrono::seconds{4},
                                         std::chrono::seconds{1}, std::chrono::milliseconds{500},
                                         std::chrono::seconds{2}};
// Periods are varied by this share, so that those who wait do not ask at the same moment.
inline constexpr double kClaimJitter = 0.2;

// What a worker's --lease has in front of NAMESPACE/NAME, or NAME alone: its Pod's own namespace.
inline constexpr std::string_view kLeasePrefix = "kubernetes:";

// Who a worker is that runs in a Pod, and no other process ever is: one container, started once.
std::string holder_in_pod(std::string const& pod, std::string const& uid);

// The record that a holder writes to give the Lease up: it names no holder.
Lease released(Lease lease, MicroTime wall);

struct ClaimSettings {
    std::string name;    // of the Lease
    std::string holder;  // who we are; no other process may ever be called so
    ClaimTimes times;
    std::map<std::string, std::string> labels = {}, annotations = {};  // written with each renewal
};

class Claim {
public:
    using Time = std::chrono::steady_clock::time_point;

    Claim(ClaimSettings settings, Time now, std::uint64_t seed);

    enum class Ask { read, create, update };
    // The next request, not before `at`. It may change with each answer, and with what a watch
    // shows.
    struct Next {
        Ask ask;
        Time at;
    };
    Next next() const;
    // The object for Ask::create and Ask::update. wall: what others read as the time of renewal.
    Lease wanted(MicroTime wall) const;

    enum class Change { none, acquired, lost };
    using Result = std::expected<Lease, Failure>;
    Change on_read(Result const& result, Time now);
    Change on_written(Result const& result, Time sent, Time now);
    // What a watch shows. nullopt: it was removed.
    Change on_seen(std::optional<Lease> const& lease, Time now);
    // To be called at valid_until(), and whenever the process may have slept: lost if the time is
    // over.
    Change on_time(Time now);
    // We end by ourselves. The record as it is to be written (nobody holds it), or removed;
    // nullopt: it was not ours.
    std::optional<Lease> release(MicroTime wall);

    // We hold it and may act until then; nullopt: we do not.
    std::optional<Time> const& valid_until() const { return valid_until_; }
    bool holds(Time now) const { return valid_until_ && now < *valid_until_; }
    // The record as it was last seen; nullopt: there is none, or it was not read yet.
    std::optional<Lease> const& seen() const { return seen_; }
    // Who holds it as far as is known, other than us, and not expired; empty: nobody.
    std::string holder(Time now) const;
    // Why it was lost, or is not had, for people.
    std::string const& reason() const { return reason_; }

private:
    Change note(std::optional<Lease> const& lease, Time now);
    Change lose(std::string reason, Time now);
    bool is_ours() const { return seen_ && seen_->holder == settings_.holder; }
    Time expiry() const { return seen_at_ + seen_->duration; }
    Time after(std::chrono::milliseconds period, Time now);

    ClaimSettings const settings_;
    std::mt19937_64 random_;
    bool known_ = false;         // seen_ is what the server has, as far as we know
    std::optional<Lease> seen_;  // nullopt: there is none
    Time seen_at_{};             // when the record was last seen to have changed
    Time next_at_;
    std::optional<Time> valid_until_;
    std::string reason_;
};

}  // namespace tidegate::kubernetes
