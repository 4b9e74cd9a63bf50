#include "orchestrator/io/router/router_list.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

std::string text_of(json::object const& object, char const* key) {
    auto const* const value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::optional<std::uint64_t> number_of(json::object const& object, char const* key) {
    auto const* const value = object.if_contains(key);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code error;
    auto const number = value->to_number<std::uint64_t>(error);
    if (error) return std::nullopt;
    return number;
}

// The field `online`, or `ready` from a router that has no `online`.
std::optional<bool> online_of(json::object const& object) {
    auto const* value = object.if_contains("online");
    if (value == nullptr) value = object.if_contains("ready");
    if (value == nullptr || !value->is_bool()) return std::nullopt;
    return value->as_bool();
}

std::optional<PathItem> parse_item(json::value const& value) {
    if (!value.is_object()) return std::nullopt;
    auto const& object = value.as_object();
    auto const online = online_of(object);
    PathItem item;
    item.name = text_of(object, "name");
    if (item.name.empty() || !online) return std::nullopt;
    item.online = *online;
    if (auto const* const source = object.if_contains("source");
        source != nullptr && source->is_object()) {
        item.source_id = text_of(source->as_object(), "id");
        item.source_type = text_of(source->as_object(), "type");
    }
    auto const bytes = number_of(object, "inboundBytes");
    item.inbound_bytes = bytes ? *bytes : number_of(object, "bytesReceived").value_or(0);
    return item;
}

}  // namespace

std::expected<PathListPage, std::string> parse_path_page(std::string_view text) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    if (error) return std::unexpected("the path list is not JSON: " + error.message());
    auto const* const object = value.if_object();
    auto const* const items = object == nullptr ? nullptr : object->if_contains("items");
    if (items == nullptr || !items->is_array()) {
        return std::unexpected("the path list has no items");
    }
    auto const item_count = number_of(*object, "itemCount");
    auto const page_count = number_of(*object, "pageCount");
    if (!item_count || !page_count) return std::unexpected("the path list has no counts");
    PathListPage page{
        static_cast<std::size_t>(*item_count), static_cast<std::size_t>(*page_count), {}};
    for (auto const& entry : items->as_array()) {
        auto item = parse_item(entry);
        if (!item) return std::unexpected("an item of the path list cannot be read");
        page.items.push_back(std::move(*item));
    }
    return page;
}

RouterList::RouterList(std::string api_url, Login const& login, std::chrono::milliseconds deadline)
    : api_url_(std::move(api_url)), deadline_(deadline) {
    if (login.password.empty()) return;
    headers_.push_back(http::basic_authorization(login.user, login.password));
}

boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> RouterList::fetch() {
    PathListAssembler assembler;
    while (true) {
        http::ClientRequest request;
        request.url = api_url_ + "/v3/paths/list?itemsPerPage=" + std::to_string(kPathsPerPage) +
                      "&page=" + std::to_string(assembler.next_page());
        request.headers = headers_;
        request.deadline = deadline_;
        auto const response = co_await client_.send(std::move(request));
        if (!response) co_return std::unexpected(response.error());
        if (response->status == 401) {
            co_return std::unexpected(
                "the router answered 401: ROUTER_API_USER and ROUTER_API_PASSWORD are not what "
                "its configuration asks for");
        }
        if (response->status != 200) {
            co_return std::unexpected("the router answered " + std::to_string(response->status));
        }
        auto page = parse_path_page(response->body);
        if (!page) co_return std::unexpected(page.error());
        switch (assembler.add(std::move(*page))) {
            case PathListAssembler::Status::more:
                continue;
            case PathListAssembler::Status::complete:
                co_return assembler.take();
            case PathListAssembler::Status::inconsistent:
                co_return std::unexpected("the pages of the path list do not fit together");
        }
    }
}

}  // namespace tidegate::orchestrator
