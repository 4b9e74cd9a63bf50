#include "kubernetes/core/list_watch.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <utility>

#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {

namespace json = boost::json;

namespace {

// A watch that ends sooner and has said nothing was not served.
constexpr std::chrono::seconds kShortWatch{1};
// After so many failures in a row, watching on from the same version is not to be trusted.
constexpr unsigned kMaxFailedWatches = 3;

std::string encoded(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

Failure unusable(std::string message) {
    return {.message = std::move(message)};
}

}  // namespace

ListWatch::ListWatch(ListWatchSettings settings, ObjectSink& sink)
    : settings_(std::move(settings)), sink_(sink), backoff_(settings_.retry) {}

std::string ListWatch::with_selector(std::string target) const {
    if (!settings_.selector.empty()) target += "&labelSelector=" + encoded(settings_.selector);
    if (!settings_.fields.empty()) target += "&fieldSelector=" + encoded(settings_.fields);
    return target;
}

ListWatch::Next ListWatch::next(Time now, std::uint64_t random) {
    if (std::exchange(paused_, false)) {
        auto const pause = backoff_.next(random);
        return Pause{std::max(pause, std::exchange(retry_after_, {}).value_or(pause))};
    }
    if (!listed_) {
        // Without a resourceVersion the answer is the newest there is, not what a server remembers.
        auto target = settings_.path + "?limit=" + std::to_string(settings_.page_size);
        if (!continue_.empty()) target += "&continue=" + encoded(continue_);
        return Page{with_selector(std::move(target))};
    }
    watching_since_ = now;
    heard_ = over_ = false;
    auto const seconds = settings_.watch_for.count();
    auto const more = static_cast<std::int64_t>(random % (static_cast<std::uint64_t>(seconds) + 1));
    return Watch{
        with_selector(settings_.path + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=" +
                      std::to_string(seconds + more) + "&resourceVersion=" + encoded(version_)),
        settings_.idle};
}

void ListWatch::fail(Failure failure) {
    retry_after_ = failure.retry_after;
    trouble_ = std::move(failure);
    paused_ = true;
}

void ListWatch::list_again() {
    listed_ = false;
    continue_.clear();
    failed_watches_ = 0;
}

void ListWatch::on_page(std::expected<json::value, Failure> const& page) {
    if (!page) {
        continue_.clear();  // a list that was interrupted begins anew
        return fail(page.error());
    }
    auto const* const items = find_array(*page, {"items"});
    auto const version = text_at(*page, {"metadata", "resourceVersion"});
    if (items == nullptr || version.empty()) {
        continue_.clear();
        return fail(unusable("the answer is no list"));
    }
    if (continue_.empty()) sink_.list_began();
    for (auto const& item : *items) sink_.listed(item);
    continue_ = text_at(*page, {"metadata", "continue"});
    if (!continue_.empty()) return;
    listed_ = true;
    version_ = version;
    backoff_.forgive();
    trouble_.reset();
    sink_.list_ended(version_);
}

bool ListWatch::on_line(std::string_view line) {
    boost::system::error_code error;
    auto const event = json::parse(line, error);
    auto const* const object = error ? nullptr : find(event, {"object"});
    over_ = object == nullptr || !on_event(text_at(event, {"type"}), *object);
    if (object == nullptr) fail(unusable("the watch has sent something that is no event"));
    return !over_;
}

bool ListWatch::on_event(std::string_view type, json::value const& object) {
    if (type == "ERROR") {
        Failure failure{.code = static_cast<unsigned>(number_at(object, {"code"}).value_or(0)),
                        .reason = text_at(object, {"reason"}),
                        .message = text_at(object, {"message"})};
        if (failure.expired()) list_again();
        fail(std::move(failure));
        return false;
    }
    auto version = text_at(object, {"metadata", "resourceVersion"});
    bool const is_known =
        type == "ADDED" || type == "MODIFIED" || type == "DELETED" || type == "BOOKMARK";
    if (!is_known || version.empty()) {
        fail(unusable("the watch has sent an event that is not known"));
        return false;
    }
    if (type == "DELETED") {
        sink_.removed(object);
    } else if (type != "BOOKMARK") {
        sink_.changed(object);
    }
    version_ = std::move(version);
    heard_ = true;
    failed_watches_ = 0;
    backoff_.forgive();
    trouble_.reset();
    return true;
}

void ListWatch::on_watch_end(std::expected<void, Failure> const& ended, Time now) {
    if (!ended && !over_) {
        if (ended.error().expired()) list_again();
        fail(ended.error());
    } else if (!over_ && !heard_ && now - watching_since_ < kShortWatch) {
        fail(unusable("the watch has ended at once"));
    }
    // No connection says nothing about the version.
    bool const is_suspect = over_ || (!ended && ended.error().code != 0);
    if (paused_ && listed_ && is_suspect && ++failed_watches_ >= kMaxFailedWatches) list_again();
}

}  // namespace tidegate::kubernetes
