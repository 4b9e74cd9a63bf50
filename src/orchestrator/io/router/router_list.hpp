// Reads the router's list of paths: all pages of GET /v3/paths/list, or an error. A list that
// failed, was partial or could not be understood is an error, never an empty list (design §6). One
// event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "orchestrator/core/login.hpp"
#include "orchestrator/core/path_list.hpp"

namespace tidegate::orchestrator {

// Paths of one page. A thousand are about a megabyte of JSON, which is read in milliseconds.
inline constexpr std::size_t kPathsPerPage = 1000;

// Reads the JSON of one page. The error is a sentence. A single item without the fields that we
// need makes the whole page an error. Pure.
std::expected<PathListPage, std::string> parse_path_page(std::string_view json);

class RouterList {
public:
    // api_url: "http://127.0.0.1:9997". deadline: for each request.
    RouterList(std::string api_url, Login const& login, std::chrono::milliseconds deadline);

    // The error is a sentence.
    boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> fetch();

private:
    std::string const api_url_;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::chrono::milliseconds const deadline_;
    http::Client client_;
};

}  // namespace tidegate::orchestrator
