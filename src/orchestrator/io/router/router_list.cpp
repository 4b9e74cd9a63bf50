#include "orchestrator/io/router/router_list.hpp"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/go_time.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

// Tracks of one path that are shown; a stream has a few.
constexpr std::size_t kMaxListedTracks = 16;
// No width, height, sample rate or number of channels is larger.
constexpr std::uint64_t kMostOfAProperty = 10'000'000;

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

std::uint32_t small_number_of(json::object const& object, char const* key) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(number_of(object, key).value_or(0), kMostOfAProperty));
}

// A router that is older than tracks2 tells the codecs only.
std::vector<PathTrack> tracks_of(json::object const& object) {
    std::vector<PathTrack> tracks;
    auto const* const detailed = object.if_contains("tracks2");
    auto const* const names = object.if_contains("tracks");
    auto const* const listed = detailed != nullptr ? detailed : names;
    if (listed == nullptr || !listed->is_array()) return tracks;
    for (auto const& entry : listed->as_array()) {
        if (tracks.size() == kMaxListedTracks) break;
        PathTrack track;
        if (auto const* const label = entry.if_string()) track.codec = std::string(*label);
        if (auto const* const described = entry.if_object()) {
            track.codec = text_of(*described, "codec");
            track.language = text_of(*described, "language");
            track.name = text_of(*described, "name");
            auto const* const found = described->if_contains("codecProps");
            if (auto const* const props = found == nullptr ? nullptr : found->if_object()) {
                track.width = small_number_of(*props, "width");
                track.height = small_number_of(*props, "height");
                track.profile = text_of(*props, "profile");
                track.level = text_of(*props, "level");
                track.sample_rate = small_number_of(*props, "sampleRate");
                track.channels = small_number_of(*props, "channelCount");
            }
        }
        tracks.push_back(std::move(track));
    }
    return tracks;
}

std::size_t count_of(json::object const& object, char const* key) {
    auto const* const value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->as_array().size() : 0;
}

// The field `online`, or `ready` from a router that has no `online`.
std::optional<bool> online_of(json::object const& object) {
    auto const* value = object.if_contains("online");
    if (value == nullptr) value = object.if_contains("ready");
    if (value == nullptr || !value->is_bool()) return std::nullopt;
    return value->as_bool();
}

// The time of `online`, or of `ready`.
std::optional<std::int64_t> began_of(json::object const& object) {
    auto const* value = object.if_contains("onlineTime");
    if (value == nullptr) value = object.if_contains("readyTime");
    if (value == nullptr || !value->is_string()) return std::nullopt;
    auto const time = base::parse_go_time(value->as_string());
    if (!time) return std::nullopt;
    return time->time_since_epoch().count();
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
    item.began = began_of(object);
    auto const bytes = number_of(object, "inboundBytes");
    item.inbound_bytes = bytes ? *bytes : number_of(object, "bytesReceived").value_or(0);
    auto const sent = number_of(object, "outboundBytes");
    item.outbound_bytes = sent ? *sent : number_of(object, "bytesSent").value_or(0);
    item.readers = count_of(object, "readers");
    item.tracks = tracks_of(object);
    item.entry = text_of(object, "confName");
    return item;
}

}  // namespace

std::expected<PathListPage, std::string> parse_path_page(std::string_view text) {
    boost::system::error_code error;
    json::monotonic_resource memory(text.size());
    auto const value = json::parse(text, error, &memory);
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
    page.items.reserve(items->as_array().size());
    for (auto const& entry : items->as_array()) {
        auto item = parse_item(entry);
        if (!item) return std::unexpected("an item of the path list cannot be read");
        page.items.push_back(std::move(*item));
    }
    return page;
}

std::expected<PathItem, std::string> parse_path(std::string_view text) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    if (error) return std::unexpected("the path is not JSON: " + error.message());
    auto item = parse_item(value);
    if (!item) return std::unexpected("the path cannot be read");
    return *std::move(item);
}

boost::asio::awaitable<std::expected<std::optional<PathItem>, std::string>> RouterList::fetch_one(
    std::string path) {
    using Result = std::expected<std::optional<PathItem>, std::string>;
    auto const answer = co_await api_.send("GET", "/v3/paths/get/" + path);
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->status == 404) co_return Result(std::nullopt);
    if (answer->status != 200) {
        co_return std::unexpected("the router answered " + std::to_string(answer->status));
    }
    auto item = parse_path(answer->body);
    if (!item) co_return std::unexpected(item.error());
    if (item->name != path) co_return std::unexpected("the router answered with another path");
    co_return Result(*std::move(item));
}

boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> RouterList::fetch() {
    for (int attempt = 1;; ++attempt) {
        auto items = co_await try_to_fetch();
        if (items || !inconsistent_ || attempt == kListAttempts) co_return items;
    }
}

boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>>
RouterList::try_to_fetch() {
    inconsistent_ = false;
    PathListAssembler assembler;
    while (true) {
        auto const body =
            co_await api_.get("/v3/paths/list?itemsPerPage=" + std::to_string(kPathsPerPage) +
                              "&page=" + std::to_string(assembler.next_page()));
        if (!body) co_return std::unexpected(body.error());
        auto page = parse_path_page(*body);
        if (!page) co_return std::unexpected(page.error());
        switch (assembler.add(std::move(*page))) {
            case PathListAssembler::Status::more:
                continue;
            case PathListAssembler::Status::complete:
                co_return assembler.take();
            case PathListAssembler::Status::inconsistent:
                inconsistent_ = true;
                co_return std::unexpected("the pages of the path list do not fit together");
        }
    }
}

}  // namespace tidegate::orchestrator
