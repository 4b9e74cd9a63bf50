#include <re2/re2.h>

#include <algorithm>

#include "base/secret_parameter.hpp"
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
    if (is_set(values, "alwaysAvailable") && is_regex_name(name)) {
        return fail(
            "'alwaysAvailable' cannot be used in a path with a regular expression (or path "
            "'all_others')");
    }
    if (number_of(values, "maxReaders") < 0) return fail("'maxReaders' must not be negative");
    if (auto verdict = validate_record(values, global); !verdict) return verdict;
    return validate_hooks(name, values);
}

Verdict refuse_unsupported_path(std::string_view name, json::object const& values) {
    auto const where = " of path '" + std::string(name) + "' is not supported by this router";
    auto const source = std::string(text_of(values, "source"));
    if (is_pulled(source)) {
        return fail("'source: " + base::without_secrets(source) + "'" + where +
                    ": only 'publisher' and 'redirect' are");
    }
    if (is_set(values, "alwaysAvailable")) return fail("'alwaysAvailable'" + where);
    if (!values.at("forward").get_array().empty()) return fail("'forward'" + where);
    return {};
}

}  // namespace tidegate::config::mediamtx
