#include "router/paths/path_change.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <string_view>

namespace tidegate::router {

using config::mediamtx::PathConf;
using config::mediamtx::PathConfPtr;

namespace {

// MediaMTX exchanges these without closing the path.
constexpr std::string_view kLiveKeys[] = {"name",
                                          "forward",
                                          "record",
                                          "recordPath",
                                          "recordFormat",
                                          "recordPartDuration",
                                          "recordMaxPartSize",
                                          "recordSegmentDuration",
                                          "recordDeleteAfter",
                                          "rpiCameraBrightness",
                                          "rpiCameraContrast",
                                          "rpiCameraSaturation",
                                          "rpiCameraSharpness",
                                          "rpiCameraExposure",
                                          "rpiCameraFlickerPeriod",
                                          "rpiCameraAWB",
                                          "rpiCameraAWBGains",
                                          "rpiCameraDenoise",
                                          "rpiCameraShutter",
                                          "rpiCameraMetering",
                                          "rpiCameraGain",
                                          "rpiCameraEV",
                                          "rpiCameraFPS",
                                          "rpiCameraTextOverlayEnable",
                                          "rpiCameraTextOverlay",
                                          "rpiCameraIDRPeriod",
                                          "rpiCameraBitrate"};

bool is_live_key(std::string_view key) {
    return std::ranges::find(kLiveKeys, key) != std::end(kLiveKeys);
}

// Every key of one that is no live one has its equal in the other.
bool covered(PathConf const& one, PathConf const& other) {
    return std::ranges::all_of(one.values, [&](auto const& member) {
        if (is_live_key(member.key())) return true;
        auto const* value = other.values.if_contains(member.key());
        return value != nullptr && *value == member.value();
    });
}

}  // namespace

bool same_path(PathConf const& a, PathConf const& b) {
    return &a == &b || a.values == b.values;
}

bool can_be_updated(PathConf const& from, PathConf const& to) {
    return &from == &to || (covered(from, to) && covered(to, from));
}

bool PathChanges::can_be_updated(PathConfPtr const& from, PathConfPtr const& to) {
    auto const [known, is_new] = known_.try_emplace(Pair(from, to), false);
    if (is_new) known->second = router::can_be_updated(*from, *to);
    return known->second;
}

}  // namespace tidegate::router
