// What a Control API handler answers, and how it looks on the wire. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <expected>
#include <functional>
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
// Adds a member with such a time, or null.
void add_time(JsonObject& object, std::string_view name, std::optional<WallTime> const& time);

struct Page {
    std::size_t first = 0, last = 0;  // of the items: [first, last)
    std::size_t page_count = 0;
};
// Returns the page that a request asks for with itemsPerPage (100 by default) and page (0). The
// error says which of them is wrong.
std::expected<Page, ApiError> page_of(http::Request const& request, std::size_t item_count);

// How much room a list reserves at most after its first item is written. That item may be much
// longer than the others: it may be the one path that has ten thousand readers. A list of a
// thousand usual paths takes 650 KB.
inline constexpr std::size_t kMostReserved = 1024 * 1024;

// Returns the beginning of a list: {"itemCount":3,"pageCount":1,"items":[
std::string list_head(std::size_t item_count, Page const& page);

// Returns the page of `items` that a request asks for. append(text, item) writes one of them.
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

// Returns a parameter of the endpoint's path. Empty if there is none.
std::string param(http::Request const& request, std::string_view name);
// Returns a parameter of the query. Empty if there is none.
std::string query_param(http::Request const& request, std::string_view name);
// Returns the id that the endpoint's path names. The error is that of Go's parser of UUIDs.
std::expected<std::string, ApiError> id_of(http::Request const& request);
// Returns the text if it is a UUID. The error is the same.
std::expected<std::string, ApiError> uuid_of(std::string text);

}  // namespace tidegate::router
