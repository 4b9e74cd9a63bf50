// What a Control API handler answers, and how it looks on the wire. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/json_text.hpp"
#include "http/message.hpp"
#include "router/model/path_info.hpp"

namespace tidegate::router {

struct ApiError {
    unsigned status = 400;
    std::string message;
};

using http::JsonObject;
using http::to_text;

// The text of an answer, which is JSON.
using Answer = std::expected<std::string, ApiError>;

// The rest of an answer, which reads files and blocks. It is called on the threads for files. Where
// a disk hangs that may be after the server has gone, so it owns all that it uses.
using FileJob = std::function<Answer()>;
using FileAnswer = std::expected<FileJob, ApiError>;

// One method and path of the Control API, with what answers it: one of the two.
struct ApiEndpoint {
    std::string method;
    std::string pattern;  // "/v3/paths/get/{name...}"
    std::function<Answer(http::Request const&)> handle{};
    std::function<FileAnswer(http::Request const&)> handle_files{};
};

http::Response json_response(std::string json);                            // 200
http::Response error_response(unsigned status, std::string_view message);  // {"status":"error",...}
http::Response plain_not_found();                                          // 404 page not found
Answer ok_answer();                                                        // {"status":"ok"}

// Returns a time in RFC 3339's form, with the local offset and as many decimals as needed:
// "2026-01-02T10:00:07.1Z".
std::string to_text(WallTime time);
// The same as JSON: in quotes, or null.
std::string time_text(std::optional<WallTime> const& time);

// The page that a request asks for with itemsPerPage (100 by default) and page (0).
struct WantedPage {
    std::size_t per_page = 100, number = 0;  // less than 2^31

    // Of the items: [first, last). Both may lie behind the end.
    std::size_t first() const { return number * per_page; }
    std::size_t last() const { return first() + per_page; }
    std::size_t page_count(std::size_t item_count) const {
        return (item_count + per_page - 1) / per_page;
    }
};
// The error says which of the two is wrong.
std::expected<WantedPage, ApiError> wanted_page(http::Request const& request);

// How much room a list reserves at most after its first item is written. That item may be much
// longer than the others: it may be the one path that has ten thousand readers. A list of a
// thousand usual paths takes 650 KB.
inline constexpr std::size_t kMostReserved = 1024 * 1024;

// Returns the beginning of a list: {"itemCount":3,"pageCount":1,"items":[
std::string list_head(std::size_t item_count, WantedPage const& page);

// Returns a list of which these items are the wanted page. append(text, item) writes one of them.
template <class Items, class Append>
std::string list_text(std::size_t item_count, WantedPage const& page, Items const& items,
                      Append append) {
    auto text = list_head(item_count, page);
    bool is_first = true;
    for (auto const& item : items) {
        if (!is_first) text += ',';
        append(text, item);
        // Items are much alike: room for all of them, and a quarter more, spares most copies.
        if (std::exchange(is_first, false)) {
            text.reserve(std::min(text.size() * std::size(items) / 4 * 5, kMostReserved));
        }
    }
    text += "]}";
    return text;
}

// Returns the page of `items` that a request asks for.
template <class Items, class Append>
Answer list_answer(http::Request const& request, Items const& items, Append append) {
    auto const page = wanted_page(request);
    if (!page) return std::unexpected(page.error());
    auto const first = std::min(page->first(), items.size());
    auto const last = std::min(page->last(), items.size());
    return list_text(items.size(), *page, std::span(items).subspan(first, last - first), append);
}

// Returns a parameter of the endpoint's path. Empty if there is none.
std::string param(http::Request const& request, std::string_view name);
// Returns a parameter of the query. Empty if there is none.
std::string query_param(http::Request const& request, std::string_view name);
// Returns the id that the endpoint's path names. The error is that of Go's parser of UUIDs.
std::expected<std::string, ApiError> id_of(http::Request const& request);
// Returns the text if it is a UUID. The error is the same.
std::expected<std::string, ApiError> uuid_of(std::string text);

}  // namespace tidegate::router
