// What a Control API handler answers, and how it looks on the wire (contract §4.1, §4.3). Pure.
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "http/json_text.hpp"
#include "http/message.hpp"
#include "router/model/state.hpp"

namespace tidegate::router {

namespace json = boost::json;

struct ApiError {
    unsigned status = 400;
    std::string message;
};

using http::append_number;
using http::append_string;
using http::append_text;
using http::to_text;

// The text of an answer; whatever is JSON turns into it by itself.
struct Body {
    std::string text;
    Body(json::value const& value) : text(to_text(value)) {}
    Body(json::object&& object) : text(to_text(json::value(std::move(object)))) {}
    explicit Body(std::string made) : text(std::move(made)) {}
};
using Answer = std::expected<Body, ApiError>;

http::Response json_response(Body body);                                   // 200
http::Response error_response(unsigned status, std::string_view message);  // {"status":"error",...}
http::Response plain_not_found();                                          // 404 page not found
json::value ok_value();                                                    // {"status":"ok"}

// RFC 3339, local offset, as many decimals as needed: "2026-01-02T10:00:07.1Z".
std::string to_text(WallTime time);
json::value time_or_null(std::optional<WallTime> const& time);

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

// The list of `items` that a request asks for: `make` appends an item's text, or returns its value.
template <class Items, class Make>
Answer list_answer(http::Request const& request, Items const& items, Make make) {
    auto const page = page_of(request, items.size());
    if (!page) return std::unexpected(page.error());
    auto text = list_head(items.size(), *page);
    for (auto i = page->first; i < page->last; ++i) {
        if (i != page->first) text += ',';
        if constexpr (std::is_invocable_v<Make, std::string&, decltype(items[i])>) {
            make(text, items[i]);
        } else {
            append_text(text, make(items[i]));
        }
        // Items are much alike: room for all of them, and a quarter more, spares most copies.
        if (i == page->first) {
            auto const like_the_first = text.size() * (page->last - page->first) / 4 * 5;
            text.reserve(std::min(like_the_first, kMostReserved));
        }
    }
    text += "]}";
    return Body(std::move(text));
}

// A captured parameter, "" when there is none.
std::string param(http::Request const& request, std::string_view name);
// Why a text is no UUID, in the words of Go's parser; empty when it is one.
std::string uuid_problem(std::string_view text);

}  // namespace tidegate::router
