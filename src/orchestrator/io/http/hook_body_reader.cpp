#include "orchestrator/io/http/hook_body_reader.hpp"

#include <algorithm>
#include <boost/json/error.hpp>
#include <utility>

namespace tidegate::orchestrator {

bool HookBodyReader::on_key(View part, std::size_t, Error& error) {
    append(part);
    if (depth_ != 1) return true;
    key_ = std::exchange(text_, {});
    if (keys_.insert(key_).second) return true;
    duplicate_ = key_.empty() ? "(empty)" : key_;
    error = boost::json::error::syntax;
    return false;
}

bool HookBodyReader::on_string(View part, std::size_t, Error&) {
    append(part);
    auto const* field = std::ranges::find(kHookFields, key_);
    if (depth_ == 1 && field != kHookFields.end()) {
        values_[static_cast<std::size_t>(field - kHookFields.begin())] = text_;
    }
    text_.clear();
    return true;
}

std::string const* HookBodyReader::string(std::string_view field) const {
    auto const* found = std::ranges::find(kHookFields, field);
    auto const& value = values_[static_cast<std::size_t>(found - kHookFields.begin())];
    return value ? &*value : nullptr;
}

bool HookBodyReader::enter(bool object) {
    if (depth_++ == 0) is_object_ = object;
    return true;
}

bool HookBodyReader::leave() {
    --depth_;
    return true;
}

bool HookBodyReader::append(View part) {
    if (depth_ == 1) text_.append(part.data(), part.size());
    return true;
}

}  // namespace tidegate::orchestrator
