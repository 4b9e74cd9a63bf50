#include "orchestrator/io/router/router_doors.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace tidegate::orchestrator {

namespace {

bool is_true(boost::json::object const& object, std::string const& key) {
    auto const* const value = object.if_contains(key);
    return value != nullptr && value->is_bool() && value->as_bool();
}

// RTMP and RTSP have encryption in three steps: "no", "optional", "strict".
bool is_strict(boost::json::object const& object, std::string const& key) {
    auto const* const value = object.if_contains(key);
    auto const* const text = value == nullptr ? nullptr : value->if_string();
    return text != nullptr && *text == "strict";
}

Door door(boost::json::object const& object, std::string const& name) {
    Door found;
    found.open = is_true(object, name);
    auto const encryption = name + "Encryption";
    found.encrypted = is_true(object, encryption) || is_strict(object, encryption);
    auto const* const address =
        object.if_contains(name + (is_strict(object, encryption) ? "sAddress" : "Address"));
    if (address != nullptr && address->is_string())
        found.address = std::string(address->as_string());
    return found;
}

}  // namespace

RouterDoors seen_from_outside(RouterDoors doors, PublicPorts const& ports) {
    if (ports.rtmp != 0) doors.rtmp.address = ":" + std::to_string(ports.rtmp);
    if (ports.rtsp != 0) doors.rtsp.address = ":" + std::to_string(ports.rtsp);
    return doors;
}

std::expected<RouterDoors, std::string> parse_router_doors(std::string_view text) {
    boost::system::error_code error;
    auto const value = boost::json::parse(text, error);
    auto const* const object = error ? nullptr : value.if_object();
    if (object == nullptr) return std::unexpected("the router's configuration is not JSON");
    return RouterDoors{door(*object, "rtmp"),   door(*object, "rtsp"), door(*object, "hls"),
                       door(*object, "webrtc"), door(*object, "srt"),  door(*object, "playback")};
}

}  // namespace tidegate::orchestrator
