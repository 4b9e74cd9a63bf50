#include "http/routes.hpp"

#include <algorithm>
#include <set>

namespace tidegate::http {
namespace {

// Takes "/segment" off the front of path. REQUIRES: path starts with '/'.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

std::string join(std::set<std::string, std::less<>> const& methods) {
    std::string text;
    for (auto const& method : methods) text += (text.empty() ? "" : ", ") + method;
    return text;
}

template <class Handlers>
void add_allowed(Handlers const& handlers, std::set<std::string, std::less<>>& methods) {
    for (auto const& [method, handler] : handlers) methods.insert(method);
    if (methods.contains("GET")) methods.insert("HEAD");
}

}  // namespace

std::vector<Routes::Segment> Routes::parse(std::string_view pattern) {
    std::vector<Segment> segments;
    while (!pattern.empty()) {
        auto text = take_segment(pattern);
        if (!text.starts_with('{') || !text.ends_with('}')) {
            segments.push_back({Segment::Kind::fixed, std::string(text)});
            continue;
        }
        text = text.substr(1, text.size() - 2);
        bool const rest = text.ends_with("...");
        if (rest) text.remove_suffix(3);
        segments.push_back({rest ? Segment::Kind::rest : Segment::Kind::one, std::string(text)});
    }
    return segments;
}

void Routes::add(std::string_view method, std::string_view pattern, WaitingHandler handler) {
    if (pattern.find('{') == std::string_view::npos) {
        fixed_[std::string(pattern)][std::string(method)] = std::move(handler);
        return;
    }
    auto found =
        std::ranges::find(captured_, pattern, [](auto const& entry) { return entry.first; });
    if (found == captured_.end()) {
        captured_.emplace_back(std::string(pattern), Route{parse(pattern), {}});
        found = std::prev(captured_.end());
    }
    found->second.handlers[std::string(method)] = std::move(handler);
}

bool Routes::matches(Route const& route, std::string_view path, Params& params) {
    for (auto const& segment : route.segments) {
        if (!path.starts_with('/')) return false;
        if (segment.kind == Segment::Kind::rest) {
            if (path.size() < 2) return false;
            params[segment.text] = path.substr(1);
            return true;
        }
        auto const text = take_segment(path);
        if (segment.kind == Segment::Kind::fixed && text != segment.text) return false;
        if (segment.kind == Segment::Kind::one && text.empty()) return false;
        if (segment.kind == Segment::Kind::one) params[segment.text] = text;
    }
    return path.empty();
}

bool Routes::take(ByMethod const& handlers, std::string_view method, Match& match) {
    auto found = handlers.find(method);
    if (found == handlers.end() && method == "HEAD") found = handlers.find("GET");
    if (found == handlers.end()) return false;
    match.handler = &found->second;
    return true;
}

Routes::Match Routes::find(std::string_view method, std::string_view path) const {
    Match match;
    std::set<std::string, std::less<>> allowed;
    if (auto const fixed = fixed_.find(path); fixed != fixed_.end()) {
        if (take(fixed->second, method, match)) return match;
        add_allowed(fixed->second, allowed);
    }
    for (auto const& [pattern, route] : captured_) {
        Params params;
        if (!matches(route, path, params)) continue;
        match.params = std::move(params);
        if (take(route.handlers, method, match)) return match;
        add_allowed(route.handlers, allowed);
    }
    match.params.clear();
    match.allow = join(allowed);
    return match;
}

}  // namespace tidegate::http
