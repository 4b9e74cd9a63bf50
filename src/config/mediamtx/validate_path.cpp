#include <re2/re2.h>

#include <algorithm>

#include "base/fingerprint.hpp"
#include "base/secret_parameter.hpp"
#include "config/mediamtx/always_available.hpp"
#include "config/mediamtx/forward_dest.hpp"
#include "config/mediamtx/validate.hpp"
#include "config/mediamtx/values.hpp"
#include "config/path_name.hpp"
#include "recording/path_template.hpp"

namespace tidegate::config::mediamtx {
namespace {

Verdict validate_name(std::string_view name) {
    if (!is_regex_name(name)) {
        auto const problem = path_name_problem(name);
        if (!problem) return {};
        return fail("invalid path name '" + base::without_secrets(name) +
                    "': " + std::string(*problem));
    }
    auto const expression = regex_of_name(name);
    if (re2::RE2(expression, re2::RE2::Quiet).ok()) return {};
    return fail("invalid regular expression: " + expression);
}

bool is_pulled(std::string_view source) {
    static constexpr std::string_view kSchemes[] = {
        "rtsp://",     "rtsps://",      "rtsp+http://", "rtsps+http://",  "rtsp+ws://",
        "rtsps+ws://", "rtmp://",       "rtmps://",     "http://",        "https://",
        "udp://",      "udp+mpegts://", "udp+rtp://",   "unix+mpegts://", "unix+rtp://",
        "srt://",      "moqt://",       "whep://",      "wheps://"};
    return source == "rpiCamera" || std::ranges::any_of(kSchemes, [&](std::string_view scheme) {
               return source.starts_with(scheme);
           });
}

// "/other" is a path of this router, anything else an RTSP URL.
Verdict validate_redirect(std::string_view target) {
    if (target.starts_with('/')) {
        auto const problem = path_name_problem(target.substr(1));
        if (!problem) return {};
        return fail("'" + base::without_secrets(target) + "': " + std::string(*problem));
    }
    if (target.starts_with("rtsp://") || target.starts_with("rtsps://")) return {};
    return fail("'" + base::without_secrets(target) + "' is not a valid RTSP URL");
}

Verdict validate_source(std::string_view name, json::object const& values) {
    auto const source = text_of(values, "source");
    auto const redirect = text_of(values, "sourceRedirect");
    if (source != "redirect" && !redirect.empty()) {
        return fail("'sourceRedirect' is useless when source is not 'redirect'");
    }
    if (source == "redirect") {
        if (redirect.empty()) return fail("source redirect must be filled");
        if (auto verdict = validate_redirect(redirect); !verdict) return verdict;
    } else if (source != "publisher" && !is_pulled(source)) {
        return fail("invalid source: '" + base::without_secrets(source) + "'");
    }
    bool const on_demand = is_set(values, "sourceOnDemand");
    if (on_demand && source == "publisher") {
        return fail("'sourceOnDemand' is useless when source is 'publisher'");
    }
    if (!on_demand && is_pulled(source) && is_regex_name(name)) {
        return fail(
            "a path with a regular expression (or path 'all_others') and a static source "
            "must have 'sourceOnDemand' set to true");
    }
    return {};
}

Verdict validate_record(json::object const& values, json::object const& global) {
    auto const files = recording::PathTemplate::parse(text_of(values, "recordPath"), {});
    if (!files) return fail(files.error());
    // Recordings are looked for below it, and old ones are removed.
    if (files->folder() == "/") {
        return fail("'recordPath' must name a folder in front of its variables, not only /");
    }
    if (is_set(global, "playback") && !files->has_microseconds()) {
        return fail("'recordPath' must contain %f");
    }
    auto const segment = duration_of(values, "recordSegmentDuration");
    auto const keep = duration_of(values, "recordDeleteAfter");
    if (segment > std::chrono::hours{24}) return fail("maximum segment duration is 1 day");
    if (keep.count() != 0 && keep < segment) {
        return fail("'recordDeleteAfter' cannot be lower than 'recordSegmentDuration'");
    }
    return {};
}

// The error is the end of MediaMTX's sentence.
Verdict validate_dest(json::object const& entry) {
    static constexpr std::string_view kSchemes[] = {"rtmp", "rtmps", "rtsp", "rtsps",
                                                    "srt",  "whip",  "whips"};
    auto const dest = text_of(entry, "dest");
    if (dest.empty()) return fail("destination is empty");
    auto const mark = dest.find("://");
    auto const authority = mark == dest.npos ? std::string_view{} : dest.substr(mark + 3);
    auto const host = authority.substr(0, authority.find_first_of("/?#"));
    if (host.empty()) return fail("'" + masked_dest(dest) + "' is not a valid URL");
    auto const scheme = dest.substr(0, mark);
    if (std::ranges::find(kSchemes, scheme) == std::end(kSchemes)) {
        return fail("unsupported scheme '" + std::string(scheme) +
                    "', supported ones are rtmp, rtmps, rtsp, rtsps, srt, whip and whips");
    }
    auto const fingerprint = text_of(entry, "destFingerprint");
    if (!fingerprint.empty() && !base::parse_fingerprint(fingerprint)) {
        return fail(std::string(base::kNoFingerprint));
    }
    auto const at = host.rfind('@');
    if (at == host.npos) return {};
    auto const login = host.substr(0, at);
    auto const colon = std::min(login.find(':'), login.size());
    bool const has_user = colon > 0, has_password = colon + 1 < login.size();
    if (has_user == has_password) return {};
    return fail("username and password must be both provided");
}

Verdict validate_forward(json::object const& values) {
    std::size_t number = 0;
    for (auto const& item : values.at("forward").get_array()) {
        if (auto const verdict = validate_dest(item.get_object()); !verdict) {
            return fail("invalid 'forward': entry " + std::to_string(number) + ": " +
                        verdict.error());
        }
        ++number;
    }
    return {};
}

bool is_forwardable(std::string_view scheme) {
    return scheme == "rtmp" || scheme == "rtmps" || scheme == "rtsp" || scheme == "rtsps";
}

Verdict validate_hooks(std::string_view name, json::object const& values) {
    if (!text_of(values, "runOnInit").empty() && is_regex_name(name)) {
        return fail(
            "a path with a regular expression (or path 'all_others') does not support "
            "option 'runOnInit'; use another path");
    }
    bool const demand =
        !text_of(values, "runOnDemand").empty() || !text_of(values, "runOnUnDemand").empty();
    if (demand && text_of(values, "source") != "publisher") {
        return fail(
            "'runOnDemand' and 'runOnUnDemand' can be used only when source is 'publisher'");
    }
    return {};
}

}  // namespace

bool is_regex_name(std::string_view name) {
    return name == "all" || name == "all_others" || name.starts_with('~');
}

std::string regex_of_name(std::string_view name) {
    return name.starts_with('~') ? std::string(name.substr(1)) : "^.*$";
}

Verdict validate_path(std::string_view name, json::object const& values,
                      json::object const& global) {
    if (auto verdict = validate_name(name); !verdict) return verdict;
    if (auto verdict = validate_source(name, values); !verdict) return verdict;
    if (auto const* fallback = values.if_contains("fallback")) {
        auto verdict = validate_redirect(fallback->get_string());
        if (!verdict) return verdict;
    }
    if (auto verdict = validate_always_available(name, values); !verdict) return verdict;
    if (number_of(values, "maxReaders") < 0) return fail("'maxReaders' must not be negative");
    if (auto verdict = validate_record(values, global); !verdict) return verdict;
    if (auto verdict = validate_forward(values); !verdict) return verdict;
    return validate_hooks(name, values);
}

Verdict refuse_unsupported_path(std::string_view name, json::object const& values) {
    auto const where = " of path '" + std::string(name) + "' is not supported by this router";
    auto const source = std::string(text_of(values, "source"));
    if (is_pulled(source)) {
        return fail("'source: " + base::without_secrets(source) + "'" + where +
                    ": only 'publisher' and 'redirect' are");
    }
    if (is_set(values, "alwaysAvailable") && has_unsupported_track(values)) {
        return fail("'alwaysAvailableTracks' with LPCM" + where);
    }
    for (auto const& item : values.at("forward").get_array()) {
        auto const dest = text_of(item.get_object(), "dest");
        auto const scheme = dest.substr(0, dest.find("://"));
        if (!is_forwardable(scheme)) {
            return fail("'forward' to " + std::string(scheme) + where +
                        ": only rtmp, rtmps, rtsp and rtsps are");
        }
    }
    return {};
}

}  // namespace tidegate::config::mediamtx
