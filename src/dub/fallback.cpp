#include "dub/fallback.hpp"

namespace tidegate::dub {

std::string_view name(Fallback reason) {
    switch (reason) {
        case Fallback::silent:
            return "silent";
        case Fallback::disconnected:
            return "disconnected";
        case Fallback::breaker_open:
            return "breaker-open";
        case Fallback::paused:
            return "paused";
        case Fallback::late:
            return "late";
        case Fallback::timed_out:
            return "timed-out";
        case Fallback::failed:
            return "failed";
        case Fallback::refused:
            return "refused";
        case Fallback::undecodable:
            return "undecodable";
        case Fallback::empty:
            return "empty";
        case Fallback::not_finite:
            return "not-finite";
        case Fallback::wrong_format:
            return "wrong-format";
        case Fallback::too_long:
            return "too-long";
        case Fallback::too_short:
            return "too-short";
    }
    return "unknown";
}

}  // namespace tidegate::dub
