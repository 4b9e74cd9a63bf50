#include "orchestrator/io/router/router_list.hpp"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/go_time.hpp"
#include "base/stream_id.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

// Tracks of one path that are shown; a stream has a few.
constexpr std::size_t kMaxListedTracks = 16;
// No width, height, sample rate or number of channels is larger.
constexpr std::uint64_t kMostOfAProperty = 10'000'000;

std::optional<std::uint64_t> number_in(json::value const* value) {
    if (value == nullptr) return std::nullopt;
    boost::system::error_code error;
    auto const number = value->to_number<std::uint64_t>(error);
    if (error) return std::nullopt;
    return number;
}

std::string text_in(json::value const* value) {
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string text_of(json::object const& object, std::string_view key) {
    return text_in(object.if_contains(key));
}

std::uint32_t small_number_of(json::object const& object, std::string_view key) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(number_in(object.if_contains(key)).value_or(0), kMostOfAProperty));
}

PathTrack track_of(json::value const& entry) {
    PathTrack track;
    if (auto const* const label = entry.if_string()) track.codec = std::string(*label);
    auto const* const described = entry.if_object();
    if (described == nullptr) return track;
    track.codec = text_of(*described, "codec");
    track.language = text_of(*described, "language");
    track.name = text_of(*described, "name");
    auto const* const found = described->if_contains("codecProps");
    auto const* const props = found == nullptr ? nullptr : found->if_object();
    if (props == nullptr) return track;
    track.width = small_number_of(*props, "width");
    track.height = small_number_of(*props, "height");
    track.profile = text_of(*props, "profile");
    track.level = text_of(*props, "level");
    track.sample_rate = small_number_of(*props, "sampleRate");
    track.channels = small_number_of(*props, "channelCount");
    return track;
}

// What an item may have. A page has thousands of them, so each is walked through once.
struct Fields {
    json::value const *name = nullptr, *entry = nullptr, *source = nullptr, *readers = nullptr;
    // The first of two is that of newer routers.
    json::value const *online = nullptr, *ready = nullptr;
    json::value const *online_time = nullptr, *ready_time = nullptr;
    json::value const *inbound = nullptr, *received = nullptr;
    json::value const *outbound = nullptr, *sent = nullptr;
    json::value const *tracks2 = nullptr, *tracks = nullptr;

    explicit Fields(json::object const& object) {
        for (auto const& [key, value] : object) {
            if (auto** const field = find(key)) *field = &value;
        }
    }

private:
    json::value const** find(std::string_view key) {
        if (key == "name") return &name;
        if (key == "confName") return &entry;
        if (key == "source") return &source;
        if (key == "readers") return &readers;
        if (key == "online") return &online;
        if (key == "ready") return &ready;
        if (key == "onlineTime") return &online_time;
        if (key == "readyTime") return &ready_time;
        if (key == "inboundBytes") return &inbound;
        if (key == "bytesReceived") return &received;
        if (key == "outboundBytes") return &outbound;
        if (key == "bytesSent") return &sent;
        if (key == "tracks2") return &tracks2;
        return key == "tracks" ? &tracks : nullptr;
    }
};

std::optional<bool> bool_in(json::value const* newer, json::value const* older) {
    auto const* const value = newer != nullptr ? newer : older;
    if (value == nullptr || !value->is_bool()) return std::nullopt;
    return value->as_bool();
}

std::uint64_t number_in(json::value const* newer, json::value const* older) {
    auto const number = number_in(newer);
    return number ? *number : number_in(older).value_or(0);
}

std::optional<std::int64_t> time_in(json::value const* newer, json::value const* older) {
    auto const* const value = newer != nullptr ? newer : older;
    if (value == nullptr || !value->is_string()) return std::nullopt;
    auto const time = base::parse_go_time(value->as_string());
    if (!time) return std::nullopt;
    return time->time_since_epoch().count();
}

// A parsed page takes about one and a half times its text. Pages come all the time, and to ask the
// system for megabytes each time costs as much as to parse them.
std::vector<unsigned char>& parse_buffer(std::size_t text) {
    constexpr std::size_t kMostKept = 16 * 1024 * 1024;
    static thread_local std::vector<unsigned char> buffer;
    auto const wanted = std::min(2 * text, kMostKept);
    if (buffer.size() < wanted) buffer.resize(wanted);
    return buffer;
}

// Reads items. Those with the same tracks share them.
class ItemReader {
public:
    explicit ItemReader(Entries const& recorded) : recorded_(recorded) {}

    // nullopt: it is no item that we understand.
    std::optional<PathItem> read(json::value const& value) {
        if (!value.is_object()) return std::nullopt;
        Fields const fields(value.get_object());
        auto const online = bool_in(fields.online, fields.ready);
        PathItem item;
        item.name = text_in(fields.name);
        if (item.name.empty() || !online) return std::nullopt;
        item.online = *online;
        if (fields.source != nullptr && fields.source->is_object()) {
            item.source_id = text_of(fields.source->get_object(), "id");
            item.source_type = text_of(fields.source->get_object(), "type");
        }
        item.began = time_in(fields.online_time, fields.ready_time);
        item.inbound_bytes = number_in(fields.inbound, fields.received);
        item.outbound_bytes = number_in(fields.outbound, fields.sent);
        bool const has_readers = fields.readers != nullptr && fields.readers->is_array();
        item.readers = has_readers ? fields.readers->get_array().size() : 0;
        item.tracks = tracks_of(fields.tracks2 != nullptr ? fields.tracks2 : fields.tracks);
        item.recorded = !recorded_.empty() && recorded_.contains(text_in(fields.entry));
        return item;
    }

private:
    // A router that is older than tracks2 tells the codecs only.
    SharedTracks tracks_of(json::value const* listed) {
        if (listed == nullptr || !listed->is_array()) return nullptr;
        read_.clear();
        for (auto const& entry : listed->get_array()) {
            if (read_.size() == kMaxListedTracks) break;
            read_.push_back(track_of(entry));
        }
        if (!last_ || *last_ != read_) {
            last_ = std::make_shared<std::vector<PathTrack> const>(read_);
        }
        return last_;
    }

    Entries const& recorded_;
    std::vector<PathTrack> read_;  // of this item; it keeps its memory
    SharedTracks last_;            // of the last item
};

}  // namespace

std::expected<PathListPage, std::string> parse_path_page(std::string_view text,
                                                         Entries const& recorded) {
    boost::system::error_code error;
    auto& buffer = parse_buffer(text.size());
    json::monotonic_resource memory(buffer.data(), buffer.size());
    auto const value = json::parse(text, error, &memory);
    if (error) return std::unexpected("the path list is not JSON: " + error.message());
    auto const* const object = value.if_object();
    auto const* const items = object == nullptr ? nullptr : object->if_contains("items");
    if (items == nullptr || !items->is_array()) {
        return std::unexpected("the path list has no items");
    }
    auto const item_count = number_in(object->if_contains("itemCount"));
    auto const page_count = number_in(object->if_contains("pageCount"));
    if (!item_count || !page_count) return std::unexpected("the path list has no counts");
    PathListPage page{
        static_cast<std::size_t>(*item_count), static_cast<std::size_t>(*page_count), {}};
    page.items.reserve(items->as_array().size());
    ItemReader reader(recorded);
    for (auto const& entry : items->as_array()) {
        auto item = reader.read(entry);
        if (!item) return std::unexpected("an item of the path list cannot be read");
        page.items.push_back(std::move(*item));
    }
    return page;
}

std::expected<PathItem, std::string> parse_path(std::string_view text, Entries const& recorded) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    if (error) return std::unexpected("the path is not JSON: " + error.message());
    auto item = ItemReader(recorded).read(value);
    if (!item) return std::unexpected("the path cannot be read");
    return *std::move(item);
}

boost::asio::awaitable<std::expected<std::optional<PathItem>, std::string>> RouterList::fetch_one(
    std::string path, Entries const& recorded) {
    using Result = std::expected<std::optional<PathItem>, std::string>;
    auto const answer = co_await api_.send("GET", "/v3/paths/get/" + path);
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->status == 404) co_return Result(std::nullopt);
    if (answer->status != 200) {
        co_return std::unexpected("the router answered " + std::to_string(answer->status));
    }
    auto item = parse_path(answer->body, recorded);
    if (!item) co_return std::unexpected(item.error());
    if (item->name != path) co_return std::unexpected("the router answered with another path");
    co_return Result(*std::move(item));
}

std::string connection_target(std::string_view source_type, std::string_view source_id) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kLists{
        {{"rtmpConn", "rtmpconns"},
         {"rtmpsConn", "rtmpsconns"},
         {"rtspSession", "rtspsessions"},
         {"rtspsSession", "rtspssessions"},
         {"srtConn", "srtconns"},
         {"webRTCSession", "webrtcsessions"}}};
    auto const* const found = std::ranges::find(
        kLists, source_type, &std::pair<std::string_view, std::string_view>::first);
    // Ids are UUIDs. Nothing else gets into a URL.
    if (found == kLists.end() || !base::is_stream_id(source_id)) return {};
    return "/v3/" + std::string(found->second) + "/get/" + std::string(source_id);
}

std::optional<std::string> parse_connection_query(std::string_view text) {
    boost::system::error_code error;
    auto const value = json::parse(text, error);
    auto const* const object = error ? nullptr : value.if_object();
    auto const* const query = object == nullptr ? nullptr : object->if_contains("query");
    if (query == nullptr || !query->is_string()) return std::nullopt;
    return std::string(query->as_string());
}

boost::asio::awaitable<std::optional<std::string>> RouterList::fetch_query(PathItem const& item) {
    auto target = connection_target(item.source_type, item.source_id);
    if (target.empty()) co_return std::nullopt;
    auto const body = co_await api_.get(std::move(target));
    if (!body) co_return std::nullopt;
    co_return parse_connection_query(*body);
}

boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> RouterList::fetch(
    Entries const& recorded) {
    for (int attempt = 1;; ++attempt) {
        auto items = co_await try_to_fetch(recorded);
        if (items || !inconsistent_ || attempt == kListAttempts) co_return items;
    }
}

boost::asio::awaitable<std::expected<std::vector<PathItem>, std::string>> RouterList::try_to_fetch(
    Entries const& recorded) {
    inconsistent_ = false;
    PathListAssembler assembler;
    while (true) {
        auto const body =
            co_await api_.get("/v3/paths/list?itemsPerPage=" + std::to_string(kPathsPerPage) +
                              "&page=" + std::to_string(assembler.next_page()));
        if (!body) co_return std::unexpected(body.error());
        auto page = parse_path_page(*body, recorded);
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
