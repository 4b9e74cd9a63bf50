// Reads the router's list of paths: all pages of GET /v3/paths/list, or an error. A list that
// failed, was partial or could not be understood is an error, never an empty list. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/path_list.hpp"
#include "orchestrator/io/router/router_api.hpp"

namespace tidegate::orchestrator {

// Paths of one page. A thousand are about a megabyte of JSON, which is read in milliseconds.
inline constexpr std::size_t kPathsPerPage = 1000;

// Reads the JSON of one page. The error is a sentence. A single item without the fields that we
// need makes the whole page an error. Pure.
std::expected<PathListPage, std::string> parse_path_page(std::string_view json);

class RouterList {
public:
    // api must outlive this.
    explicit RouterList(RouterApi& api) : api_(api) {}

    // The error is a sentence.
    boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> fetch();

private:
    RouterApi& api_;
};

}  // namespace tidegate::orchestrator
