// What a Control API handler answers, and how it looks on the wire (contract §4.1, §4.3). Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

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

http::Response json_response(std::string json);                            // 200
http::Response error_response(unsigned status, std::string_view message);  // {"status":"error",...}
http::Response plain_not_found();                                          // 404 page not found
Answer ok_answer();                                                        // {"status":"ok"}

// RFC 3339, local offset, as many decimals as needed: "2026-01-02T10:00:07.1Z".
std::string to_text(WallTime time);
// A member that is such a time, or null.
void add_time(JsonObject& object, std::string_view name, std::optional<WallTime> const& time);

struct Page {
    std::size_t first = 0, last = 0;  // of the items: [first, last)
    std::size_t page_count = 0;
};
// From itemsPerPage (100) and page (0) of the request.
std::expected<Page, ApiError> page_of(http::Request const& request, std::size_t item_count);

// The first item may be ten thousand times as long as the others: one path with many readers. A
// list of a thousand usual paths takes 650 KB.
inline constexpr std::size_t kMostReserved = 1024 * 1024;

// {"itemCount":3,"pageCount":1,"items":[
std::string list_head(std::size_t item_count, Page const& page);

// The list of `items` that a request asks for: append(text, item) writes one that is on the page.
template <class Items, class Append>
Answer list_answer(http::Request const& request, Items const& items, Append append) {
    auto const page = page_of(request, items.size());
    if (!page) return std::unexpected(page.error());
    auto text = list_head(items.size(), *page);
    for (auto i = page->first; i < page->last; ++i) {
        if (i != page->first) text += ',';
        append(text, items[i]);
        // Items are much alike: room for all of them, and a quarter more, spares most copies.
        if (i == page->first) {
            auto const like_the_first = text.size() * (page->last - page->first) / 4 * 5;
            text.reserve(std::min(like_the_first, kMostReserved));
        }
    }
    text += "]}";
    return text;
}

// A captured parameter, "" when there is none.
std::string param(http::Request const& request, std::string_view name);
// The id that a request names, or why it is none, in the words of Go's parser of UUIDs.
std::expected<std::string, ApiError> id_of(http::Request const& request);

}  // namespace tidegate::router
