// Reads the router's list of paths: all pages of GET /v3/paths/list, or an error. A list that
// failed, was partial or could not be understood is an error, never an empty list. Reads one path
// alone, too. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/path_list.hpp"
#include "orchestrator/io/router/router_api.hpp"

namespace tidegate::orchestrator {

// Paths of one page. A router makes its whole list for each page, and paths that come and go
// between two pages make the list inconsistent, so that few pages are better; but a page is read in
// one go, and this many are one to two milliseconds.
inline constexpr std::size_t kPathsPerPage = 2000;
// A list whose pages contradict each other is read again at once, this often in all.
inline constexpr int kListAttempts = 3;

// Names of entries of the router's configuration.
using Entries = std::set<std::string, std::less<>>;

// Reads the JSON of one page. The error is a sentence. A single item without the fields that we
// need makes the whole page an error. recorded: entries whose paths are recorded. Pure.
std::expected<PathListPage, std::string> parse_path_page(std::string_view json,
                                                         Entries const& recorded = {});

// Reads the answer to GET /v3/paths/get/<path>. The error is a sentence. Pure.
std::expected<PathItem, std::string> parse_path(std::string_view json,
                                                Entries const& recorded = {});

// Where the Control API tells of the connection of this kind of source (PathItem::source_type),
// which names its query; empty: of none.
std::string connection_target(std::string_view source_type, std::string_view source_id);

// Reads the query in the answer to that. nullopt: it tells none. Pure.
std::optional<std::string> parse_connection_query(std::string_view json);

class RouterList {
public:
    // api must outlive this.
    explicit RouterList(RouterApi& api) : api_(api) {}

    // The error is a sentence.
    boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> fetch(
        Entries const& recorded);
    // nullopt: the router has no such path. path: of a stream.
    boost::asio::awaitable<std::expected<std::optional<PathItem>, std::string>> fetch_one(
        std::string path, Entries const& recorded);
    // The query with which the source of this path was published; nullopt: the router does not tell
    // it, or its connection has ended.
    boost::asio::awaitable<std::optional<std::string>> fetch_query(PathItem const& item);

private:
    boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> try_to_fetch(
        Entries const& recorded);

    bool inconsistent_ = false;  // why the last attempt failed
    RouterApi& api_;
};

}  // namespace tidegate::orchestrator
