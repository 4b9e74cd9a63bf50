#include "worker/stages/dub/dub_account.hpp"

#include <algorithm>
#include <utility>

namespace tidegate::worker {

namespace {

using sts::ClientState;
using sts::FailureReason;

double percentile(std::vector<double> values, double share) {
    auto const index = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    auto const place = values.begin() + static_cast<std::ptrdiff_t>(index);
    std::ranges::nth_element(values, place);
    return *place;
}

// The word for what is heard instead of the dub (dub_status.hpp).
std::string word_for(dub::Fallback reason, ClientState state) {
    switch (reason) {
        case dub::Fallback::disconnected:
            if (state == ClientState::refused) return "refused";
            return state == ClientState::connecting ? "connecting" : "service-down";
        case dub::Fallback::breaker_open:
            return "breaker-open";
        case dub::Fallback::paused:
            return "paused";
        case dub::Fallback::late:
        case dub::Fallback::timed_out:
            return "late";
        case dub::Fallback::refused:
            return "refused";
        default:
            return "failed";
    }
}

}  // namespace

dub::Fallback fallback_for(FailureReason reason, ClientState state) {
    switch (reason) {
        case FailureReason::breaker_open:
            return dub::Fallback::breaker_open;
        case FailureReason::paused:
        case FailureReason::in_flight_full:
            return dub::Fallback::paused;
        case FailureReason::too_large:
            return dub::Fallback::refused;
        case FailureReason::timed_out:
            return dub::Fallback::timed_out;
        case FailureReason::service_failed:
            return dub::Fallback::failed;
        case FailureReason::no_audio:
            return dub::Fallback::empty;
        case FailureReason::not_connected:
        case FailureReason::connection_lost:
        case FailureReason::stopped:
            break;
    }
    return fallback_for(state) == dub::Fallback::refused ? dub::Fallback::refused
                                                         : dub::Fallback::disconnected;
}

dub::Fallback fallback_for(ClientState state) {
    switch (state) {
        case ClientState::ready:
        case ClientState::paused:
            return dub::Fallback::paused;
        case ClientState::breaker_open:
            return dub::Fallback::breaker_open;
        case ClientState::refused:
            return dub::Fallback::refused;
        case ClientState::connecting:
        case ClientState::waiting:
        case ClientState::ending:
        case ClientState::ended:
            break;
    }
    return dub::Fallback::disconnected;
}

DubAccount::DubAccount(std::string language, std::chrono::milliseconds delay) {
    status_.language = std::move(language);
    status_.delay = delay;
    for (std::size_t reason = 0; reason < dub::kFallbacks; ++reason) {
        status_.fallbacks[std::string(dub::name(static_cast<dub::Fallback>(reason)))] = 0;
    }
}

void DubAccount::on_dub(std::uint64_t fragment, sts::Dub const& dub) {
    note_round_trip(dub.round_trip);
    if (texts_.size() >= kMaxTexts) texts_.erase(texts_.begin());
    texts_[fragment] = {dub.transcript, dub.translation};
}

void DubAccount::note_round_trip(std::chrono::nanoseconds time) {
    auto const ms = std::chrono::duration<double, std::milli>(time).count();
    auto& trips = status_.round_trips;
    auto const bucket =
        std::ranges::lower_bound(RoundTrips::kUpperBounds, ms) - RoundTrips::kUpperBounds.begin();
    ++trips.counts[static_cast<std::size_t>(bucket)];
    trips.sum += ms;
    if (round_trips_.size() < kRoundTripsKept) {
        round_trips_.push_back(ms);
    } else {
        round_trips_[next_round_trip_++ % kRoundTripsKept] = ms;
    }
    status_.rtt_p50_ms = percentile(round_trips_, 0.50);
    status_.rtt_p95_ms = percentile(round_trips_, 0.95);
}

bool DubAccount::on_settled(Settled const& settled, ClientState state,
                            std::chrono::system_clock::time_point at) {
    bool const was_dubbed = status_.dubbed;
    if (!settled.fallback) {
        ++status_.heard_dubbed;
        status_.stretch = settled.stretch;
        status_.loudness_db = settled.gain_db;
        status_.dubbed = true;
        status_.reason.clear();
    } else {
        ++status_.fallbacks[std::string(dub::name(*settled.fallback))];
        // Where nobody speaks the original belongs.
        if (*settled.fallback != dub::Fallback::silent) {
            status_.dubbed = false;
            status_.reason = word_for(*settled.fallback, state);
        }
    }
    add_caption(settled, at);
    return status_.dubbed != was_dubbed;
}

void DubAccount::add_caption(Settled const& settled, std::chrono::system_clock::time_point at) {
    auto const text = texts_.extract(settled.number);
    if (text.empty() || captions_.size() >= kMaxTexts) return;
    captions_.push_back({status_.language, settled.number, at, settled.duration,
                         !settled.fallback.has_value(), text.mapped().transcript,
                         text.mapped().translation});
}

void DubAccount::on_no_dub(std::string reason, std::string detail) {
    status_.dubbed = false;
    status_.delay = {};
    status_.reason = std::move(reason);
    status_.detail = std::move(detail);
}

}  // namespace tidegate::worker
