#include "kubernetes/core/reach.hpp"

#include <utility>

namespace tidegate::kubernetes {

namespace {

std::optional<Reach::Cause> cause_of(Failure const& failure) {
    if (failure.code == 0) return Reach::Cause::no_answer;
    if (failure.code == 408 || failure.code == 429 || failure.code >= 500) {
        return Reach::Cause::overloaded;
    }
    if (failure.code == 401 || failure.code == 403) return Reach::Cause::not_allowed;
    return std::nullopt;
}

}  // namespace

Reach::Change Reach::note(Failure const* failure, Time now) {
    if (failure != nullptr) {
        if (auto const cause = cause_of(*failure)) ++failures_[static_cast<std::size_t>(*cause)];
        if (failure->code == 0 || failure->code >= 500) {
            if (lost_at_) return Change::none;
            lost_at_ = now;
            return Change::lost;
        }
    }
    return std::exchange(lost_at_, std::nullopt) ? Change::found : Change::none;
}

std::string_view name(Reach::Cause cause) {
    switch (cause) {
        case Reach::Cause::no_answer:
            return "no-answer";
        case Reach::Cause::overloaded:
            return "overloaded";
        case Reach::Cause::not_allowed:
            return "not-allowed";
    }
    std::unreachable();
}

}  // namespace tidegate::kubernetes
