#include "router/api/answer.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

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

namespace {

// A second's text without its decimals, and its offset: "2026-01-02T10:00:07", "+01:00".
struct Second {
    std::time_t time = -1;
    std::string text, offset;
};

// A list's times lie close together, and the zone's rules are looked up behind a lock.
Second const& second_text(std::time_t time) {
    thread_local Second last;
    if (last.time == time) return last;
    std::tm parts{};
    localtime_r(&time, &parts);
    char buffer[40];
    last.text.assign(buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &parts));
    last.offset = "Z";
    if (parts.tm_gmtoff != 0) {
        last.offset.assign(buffer, std::strftime(buffer, sizeof buffer, "%z", &parts));
        last.offset.insert(3, ":");
    }
    last.time = time;
    return last;
}

}  // namespace

std::string to_text(WallTime time) {
    using namespace std::chrono;
    auto const since = duration_cast<nanoseconds>(time.time_since_epoch());
    auto const whole = floor<seconds>(since);
    auto const& second = second_text(whole.count());
    auto text = second.text;
    if (auto const rest = (since - whole).count(); rest != 0) {
        char digits[] = "0000000000";  // a leading one keeps the zeros
        std::to_chars(digits, digits + 10, 1'000'000'000 + rest);
        digits[0] = '.';
        auto const decimals = std::string_view(digits, 10);
        text += decimals.substr(0, decimals.find_last_not_of('0') + 1);
    }
    return text + second.offset;
}

void add_time(JsonObject& object, std::string_view name, std::optional<WallTime> const& time) {
    if (!time) {
        object.add_null(name);
    } else {
        object.add(name, to_text(*time));
    }
}

std::expected<Page, ApiError> page_of(http::Request const& request, std::size_t item_count) {
    auto const per_page = number_in_query(request, "itemsPerPage", 100);
    if (!per_page) return std::unexpected(per_page.error());
    if (*per_page == 0) return std::unexpected(ApiError{400, "invalid items per page"});
    auto const page = number_in_query(request, "page", 0);
    if (!page) return std::unexpected(page.error());
    return Page{std::min(*page * *per_page, item_count),
                std::min((*page + 1) * *per_page, item_count),
                (item_count + *per_page - 1) / *per_page};
}

std::string list_head(std::size_t item_count, Page const& page) {
    std::string text;
    JsonObject list(text);
    list.add("itemCount", item_count).add("pageCount", page.page_count);
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
