#include "orchestrator/io/router/recordings.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "base/number.hpp"

namespace tidegate::orchestrator {

namespace asio = boost::asio;

namespace {

using Kind = RecordingsError::Kind;

// A router tells of this many recorders at once. The state of further ones is read from their
// files.
constexpr std::string_view kRecorders = "/v3/recorders/list?itemsPerPage=1000";

// What was written last may be three parts old, and the two clocks may differ by this.
constexpr std::chrono::seconds kClockSlack{5};
constexpr int kPartsLate = 3;

// Of the list of a path's recordings: about 19,000 spans. A longer list would keep the loop, which
// also starts workers, for more than some tens of milliseconds.
constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;

// As MediaMTX and media-router say that a path has no file.
constexpr std::string_view kNoFolder = "no such file or directory";

std::string encoded(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

std::unexpected<RecordingsError> refusal(RouterAnswer const& answer) {
    auto reason = error_in(answer.body);
    if (reason.empty()) reason = "no reason";
    return std::unexpected(RecordingsError{
        Kind::refused,
        "the router answered " + std::to_string(answer.status) + ": " + std::move(reason)});
}

// {name of the entry, whether the path has a stream}, from GET /v3/paths/get/<path>.
std::pair<std::string, bool> path_in(std::string_view text) {
    boost::system::error_code error;
    auto const value = boost::json::parse(text, error);
    auto const* const object = error ? nullptr : value.if_object();
    if (object == nullptr) return {};
    auto const* const name = object->if_contains("confName");
    auto const* online = object->if_contains("online");
    if (online == nullptr) online = object->if_contains("ready");
    return {name != nullptr && name->is_string() ? std::string(name->as_string()) : std::string(),
            online != nullptr && online->is_bool() && online->as_bool()};
}

// The address of the playback server: on the machine of the Control API, by its own port.
std::expected<std::string, std::string> playback_url(std::string const& router_api,
                                                     std::optional<Door> const& door) {
    if (!door) return std::unexpected("the router has not told yet where its playback server is");
    if (!door->open) return std::unexpected("the router's playback server is off (playback)");
    auto const port = door->address.substr(door->address.rfind(':') + 1);
    auto const url = boost::urls::parse_uri(router_api);
    if (!url || !base::parse_port(port)) {
        return std::unexpected("the playback server's address \"" + door->address +
                               "\" has no port");
    }
    return (door->encrypted ? "https://" : "http://") + std::string(url->encoded_host()) + ":" +
           port;
}

RecordState state_of(PathEntry const& entry, bool live,
                     std::optional<RecorderState> const& recorder, bool written) {
    if (!entry.records()) return RecordState::off;
    if (!live) return RecordState::idle;
    if (recorder && recorder->state == "failing") return RecordState::failing;
    if (recorder && recorder->state == "unsupported") return RecordState::unsupported;
    if (recorder && recorder->state == "recording") return RecordState::recording;
    return written ? RecordState::recording : RecordState::waiting;
}

bool is_open(RecordedSpans const& recorded, PathEntry const& entry) {
    if (recorded.spans.empty()) return false;
    auto const age = std::chrono::system_clock::now() - recorded.spans.back().ends();
    return age < kPartsLate * entry.part() + kClockSlack;
}

}  // namespace

std::string_view name(RecordState state) {
    static constexpr std::string_view kNames[] = {"unknown",   "off",     "idle",       "waiting",
                                                  "recording", "failing", "unsupported"};
    return kNames[static_cast<std::size_t>(state)];
}

RouterRecordings::RouterRecordings(RouterAccess router)
    : router_(std::move(router)), api_(router_, kRecordingsDeadline) {}

RouterRecordings::Result<RouterAnswer> RouterRecordings::ask(std::string method, std::string target,
                                                             std::string body) {
    auto answer = co_await api_.send(std::move(method), std::move(target), std::move(body));
    if (!answer) co_return std::unexpected(RecordingsError{Kind::unreachable, answer.error()});
    co_return *std::move(answer);
}

// An entry of the path's own is the one that counts, also before the router has exchanged it below
// the stream. A path that has none says which one it has, while it has a stream.
RouterRecordings::Result<RouterRecordings::Found> RouterRecordings::find(std::string const& path) {
    Found found;
    auto own = co_await entry_of(path);
    if (!own) co_return std::unexpected(own.error());
    found.entry = *std::move(own);
    auto const known = co_await ask("GET", "/v3/paths/get/" + encoded(path));
    if (!known) co_return std::unexpected(known.error());
    if (known->status == 404) co_return found;
    if (known->status != 200) co_return refusal(*known);
    auto const [name, live] = path_in(known->body);
    found.live = live;
    if (found.entry) co_return found;
    auto pattern = co_await entry_of(name);
    if (!pattern) co_return std::unexpected(pattern.error());
    found.entry = *std::move(pattern);
    co_return found;
}

RouterRecordings::Result<std::optional<PathEntry>> RouterRecordings::entry_of(std::string name) {
    auto const answer = co_await ask("GET", "/v3/config/paths/get/" + encoded(name));
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->status == 404) co_return std::nullopt;
    if (answer->status != 200) co_return refusal(*answer);
    auto entry = parse_path_entry(answer->body);
    if (!entry) co_return std::unexpected(RecordingsError{Kind::refused, entry.error()});
    entry->name = std::move(name);
    co_return *std::move(entry);
}

RouterRecordings::Result<Recordings> RouterRecordings::look(std::string path,
                                                            std::optional<Door> playback,
                                                            RecordingsAsk ask) {
    auto const found = co_await find(path);
    if (!found) co_return std::unexpected(found.error());
    bool const newest_wanted = !ask.to;
    Recordings shown;
    if (found->entry && found->entry->is_mpegts()) {
        shown.problem = "recordings in MPEG-TS cannot be listed or played (recordFormat)";
    } else if (auto spans = co_await spans_of(path, std::move(playback), std::move(ask)); spans) {
        shown.recorded = *std::move(spans);
    } else {
        shown.problem = spans.error();
    }
    if (!found->entry) co_return shown;
    auto const& entry = *found->entry;
    std::optional<RecorderState> recorder;
    if (entry.records() && found->live) recorder = co_await recorder_of(path);
    shown.open = newest_wanted && entry.records() && found->live && is_open(shown.recorded, entry);
    // Where nothing tells of the files, they are believed to be written.
    bool const written = shown.open || !newest_wanted || !shown.problem.empty();
    shown.state = state_of(entry, found->live, recorder, written);
    if (recorder) shown.error = std::move(recorder->error);
    co_return shown;
}

// MediaMTX has no such list: then its files tell.
asio::awaitable<std::optional<RecorderState>> RouterRecordings::recorder_of(std::string path) {
    auto const answer = co_await api_.send("GET", std::string(kRecorders));
    if (!answer || answer->status != 200) co_return std::nullopt;
    co_return parse_recorder(answer->body, path);
}

asio::awaitable<std::expected<RecordedSpans, std::string>> RouterRecordings::spans_of(
    std::string path, std::optional<Door> playback, RecordingsAsk ask) {
    auto const url = playback_url(router_.url, playback);
    if (!url) co_return std::unexpected(url.error());
    auto target = "/list?path=" + encoded(path);
    if (ask.from) target += "&start=" + encoded(*ask.from);
    if (ask.to) target += "&end=" + encoded(*ask.to);
    // A connection of its own: the playback server may be told to listen elsewhere at any time.
    RouterApi server({*url, router_.login, router_.tls}, kRecordingsDeadline, kMostListBytes);
    auto const answer = co_await server.send("GET", std::move(target));
    if (!answer)
        co_return std::unexpected("the playback server does not answer: " + answer.error());
    if (answer->status == 200) co_return parse_spans(answer->body, ask.limit);
    auto reason = error_in(answer->body);
    bool const none = answer->status == 404 || reason.ends_with(kNoFolder);
    if (none) co_return RecordedSpans{};
    co_return std::unexpected("the playback server answered " + std::to_string(answer->status) +
                              (reason.empty() ? "" : ": " + reason));
}

// An entry of the path's own is changed. A path that only a pattern matches gets one, a copy of the
// pattern's: both routers exchange the entry below the stream, which goes on.
RouterRecordings::Result<bool> RouterRecordings::switch_to(std::string path, bool record) {
    auto const found = co_await find(path);
    if (!found) co_return std::unexpected(found.error());
    if (!found->entry) {
        co_return std::unexpected(RecordingsError{
            Kind::not_known, "nobody publishes " + path +
                                 ", and the router's configuration has no entry of this name"});
    }
    auto const& entry = *found->entry;
    if (entry.records() == record) co_return false;
    std::string const wish = record ? R"({"record":true})" : R"({"record":false})";
    auto const patch = "/v3/config/paths/patch/" + encoded(path);
    auto const added = entry.name == path ? std::nullopt : own_entry(entry, record);
    if (entry.name != path && !added) {
        co_return std::unexpected(RecordingsError{
            Kind::has_groups,
            "the commands of " + entry.name + " name its groups ($G1), which an entry for " + path +
                " alone would not have: write that entry into the router's configuration"});
    }
    auto answer = added ? co_await ask("POST", "/v3/config/paths/add/" + encoded(path), *added)
                        : co_await ask("PATCH", patch, wish);
    if (!answer) co_return std::unexpected(answer.error());
    // Somebody else has made the entry meanwhile.
    if (added && answer->status == 400 && error_in(answer->body) == "path already exists") {
        answer = co_await ask("PATCH", patch, wish);
        if (!answer) co_return std::unexpected(answer.error());
    }
    if (answer->status != 200) co_return refusal(*answer);
    co_return true;
}

}  // namespace tidegate::orchestrator
