// Asks the router which paths there are: every page of GET /v3/paths/list, or nothing at all. A
// list that failed, was partial or could not be read is an error, never an empty list (design §6).
// One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "orchestrator/core/list_assembler.hpp"
#include "orchestrator/core/login.hpp"

namespace tidegate::orchestrator {

// One page: a thousand paths are about a megabyte of JSON, read in milliseconds.
inline constexpr std::size_t kPathsPerPage = 1000;

// Pure. The error is a sentence. Items without the fields that we need make the whole page
// unreadable.
std::expected<ListPage, std::string> parse_path_page(std::string_view json);

class RouterList {
public:
    // api_url: "http://127.0.0.1:9997"; deadline: of each request.
    RouterList(std::string api_url, Login const& login, std::chrono::milliseconds deadline);

    boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> fetch();

private:
    std::string const api_url_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::chrono::milliseconds const deadline_;
    http::Client client_;
};

}  // namespace tidegate::orchestrator
