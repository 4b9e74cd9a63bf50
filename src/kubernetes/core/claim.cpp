#include "kubernetes/core/claim.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tidegate::kubernetes {

namespace {

// What client-go calls the record. Labels and the like do not show that a holder lives.
auto record_of(Lease const& lease) {
    return std::tie(lease.holder, lease.duration, lease.acquired, lease.renewed, lease.transitions);
}

bool same_record(std::optional<Lease> const& one, std::optional<Lease> const& other) {
    if (!one || !other) return !one && !other;
    return record_of(*one) == record_of(*other);
}

// A holder that has given the Lease up writes this duration, as client-go does.
constexpr std::chrono::seconds kReleasedDuration{1};

}  // namespace

Lease released(Lease lease, MicroTime wall) {
    lease.holder.clear();
    lease.duration = kReleasedDuration;
    lease.renewed = wall;
    return lease;
}

std::string holder_in_pod(std::string const& pod, std::string const& uid) {
    return pod + "_" + uid;
}

Claim::Claim(ClaimSettings settings, Time now, std::uint64_t seed)
    : settings_(std::move(settings)), random_(seed), next_at_(now) {}

Claim::Next Claim::next() const {
    if (!known_) return {Ask::read, next_at_};
    if (!seen_) return {Ask::create, next_at_};
    if (seen_->holder.empty() || is_ours()) return {Ask::update, next_at_};
    // An update is refused if the record has changed since it was seen, so it needs no look before.
    if (next_at_ < expiry()) return {Ask::read, next_at_};
    return {Ask::update, expiry()};
}

Lease Claim::wanted(MicroTime wall) const {
    Lease lease;
    if (seen_) lease = *seen_;
    if (!is_ours()) {
        lease.transitions = seen_ ? seen_->transitions + 1 : 0;
        lease.acquired = wall;
    }
    lease.name = settings_.name;
    lease.holder = settings_.holder;
    lease.duration = settings_.times.duration;
    lease.renewed = wall;
    for (auto const& [key, value] : settings_.labels) lease.labels[key] = value;
    for (auto const& [key, value] : settings_.annotations) lease.annotations[key] = value;
    return lease;
}

Claim::Change Claim::on_read(Result const& result, Time now) {
    if (!result && !result.error().not_found()) {
        reason_ = describe(result.error());
        next_at_ =
            std::max(after(settings_.times.retry, now),
                     now + result.error().retry_after.value_or(std::chrono::milliseconds{0}));
        return Change::none;
    }
    return note(result ? std::optional(*result) : std::nullopt, now);
}

Claim::Change Claim::on_written(Result const& result, Time sent, Time now) {
    auto const& times = settings_.times;
    if (result) {
        auto const held = valid_until_.has_value();
        seen_ = *result;
        seen_at_ = now;
        known_ = true;
        next_at_ = after(times.period, sent);
        // An answer that comes too late for us to act is no use; we ask again at once.
        if (now >= sent + times.deadline) {
            next_at_ = now;
            return Change::none;
        }
        valid_until_ = sent + times.deadline;
        reason_.clear();
        return held ? Change::none : Change::acquired;
    }
    auto const& failure = result.error();
    reason_ = describe(failure);
    // It may have been carried out, or another one was faster. Who holds it reads again at once.
    auto const refused = failure.conflict() || failure.already_exists() || failure.not_found();
    if (refused || !valid_until_) known_ = false;
    next_at_ = refused && valid_until_ ? now : after(times.retry, now);
    next_at_ = std::max(next_at_, now + failure.retry_after.value_or(std::chrono::milliseconds{0}));
    return Change::none;
}

// A watch may show what we knew already, and what is older than that. An older record costs only
// time: an update on its base is refused, and it is read again.
Claim::Change Claim::on_seen(std::optional<Lease> const& lease, Time now) {
    if (valid_until_ && lease && lease->holder == settings_.holder) return Change::none;
    // Whoever holds it believes the server's answers only: what is seen here may be old.
    if (valid_until_) {
        known_ = false;
        next_at_ = now;
        return Change::none;
    }
    return note(lease, now);
}

Claim::Change Claim::on_time(Time now) {
    if (!valid_until_ || now < *valid_until_) return Change::none;
    auto const last = reason_.empty() ? std::string("no answer in time") : reason_;
    return lose("it could not be renewed: " + last, now);
}

std::optional<Lease> Claim::release(MicroTime wall) {
    auto const ours = std::exchange(valid_until_, std::nullopt).has_value() && is_ours();
    known_ = false;
    if (!ours) return std::nullopt;
    return released(*seen_, wall);
}

std::string Claim::holder(Time now) const {
    if (!seen_ || is_ours() || now >= expiry()) return {};
    return seen_->holder;
}

Claim::Change Claim::note(std::optional<Lease> const& lease, Time now) {
    if (!known_ && !seen_ && lease) seen_at_ = now;
    if (!same_record(seen_, lease)) seen_at_ = now;
    seen_ = lease;
    known_ = true;
    if (valid_until_ && !is_ours()) {
        return lose(seen_ ? "\"" + seen_->holder + "\" holds it" : "it was removed", now);
    }
    auto const free = !seen_ || seen_->holder.empty() || is_ours();
    next_at_ = free ? now : after(settings_.times.look, now);
    if (!free) reason_ = "\"" + seen_->holder + "\" holds it";
    return Change::none;
}

Claim::Change Claim::lose(std::string reason, Time now) {
    valid_until_.reset();
    known_ = false;
    reason_ = std::move(reason);
    next_at_ = after(settings_.times.retry, now);
    return Change::lost;
}

Claim::Time Claim::after(std::chrono::milliseconds period, Time now) {
    std::uniform_real_distribution<double> share(1 - kClaimJitter, 1 + kClaimJitter);
    return now + std::chrono::duration_cast<std::chrono::milliseconds>(period * share(random_));
}

}  // namespace tidegate::kubernetes
