#include "router/api/answer.hpp"

#include <charconv>

#include "log/timestamp.hpp"

namespace tidegate::router {
namespace {

// Go's parser of unsigned numbers of 31 bits.
std::expected<std::size_t, ApiError> parse_uint(std::string_view text) {
    std::uint64_t number = 0;
    auto const* end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, number);
    auto const fail = [&](std::string_view why) {
        return std::unexpected(ApiError{
            400, "strconv.ParseUint: parsing \"" + std::string(text) + "\": " + std::string(why)});
    };
    if (stop != end || error == std::errc::invalid_argument) return fail("invalid syntax");
    if (error != std::errc{} || number > 0x7fffffff) return fail("value out of range");
    return static_cast<std::size_t>(number);
}

std::expected<std::size_t, ApiError> number_in_query(http::Request const& request,
                                                     std::string_view name, std::size_t fallback) {
    auto const text = request.query_value(name);
    if (!text || text->empty()) return fallback;
    return parse_uint(*text);
}

}  // namespace

http::Response json_response(std::string json) {
    return {200, "application/json; charset=utf-8", std::move(json), {}, {}};
}

http::Response error_response(unsigned status, std::string_view message) {
    std::string text;
    JsonObject(text).add("status", "error").add("error", message).end();
    return {status, "application/json; charset=utf-8", std::move(text), {}, {}};
}

http::Response plain_not_found() {
    return {404, "text/plain", "404 page not found", {}, {}};
}

Answer ok_answer() {
    return R"({"status":"ok"})";
}

std::string to_text(WallTime time) {
    std::string text;
    log::append_local_nanos(text, time);
    return text;
}

std::string time_text(std::optional<WallTime> const& time) {
    return time ? '"' + to_text(*time) + '"' : "null";
}

std::expected<WantedPage, ApiError> wanted_page(http::Request const& request) {
    auto const per_page = number_in_query(request, "itemsPerPage", 100);
    if (!per_page) return std::unexpected(per_page.error());
    if (*per_page == 0) return std::unexpected(ApiError{400, "invalid items per page"});
    auto const page = number_in_query(request, "page", 0);
    if (!page) return std::unexpected(page.error());
    return WantedPage{*per_page, *page};
}

std::string list_head(std::size_t item_count, WantedPage const& page) {
    std::string text;
    JsonObject list(text);
    list.add("itemCount", item_count).add("pageCount", page.page_count(item_count));
    list.begin("items") += '[';
    return text;
}

std::string param(http::Request const& request, std::string_view name) {
    auto const found = request.params.find(name);
    return found == request.params.end() ? std::string() : found->second;
}

std::string query_param(http::Request const& request, std::string_view name) {
    return std::string(request.query_value(name).value_or(""));
}

std::expected<std::string, ApiError> id_of(http::Request const& request) {
    return uuid_of(param(request, "id"));
}

std::expected<std::string, ApiError> uuid_of(std::string id) {
    if (id.size() != 36) {
        return std::unexpected(ApiError{400, "invalid UUID length: " + std::to_string(id.size())});
    }
    for (std::size_t i = 0; i < id.size(); ++i) {
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
        auto const c = id[i];
        bool const hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) return std::unexpected(ApiError{400, "invalid UUID format"});
    }
    return id;
}

}  // namespace tidegate::router
