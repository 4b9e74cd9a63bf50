// What a router has recorded of a path, and the switch that has it record. The switch is in the
// router's configuration: nothing of it is kept here, so it survives our own restart. One event
// loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/core/login.hpp"
#include "orchestrator/io/router/recorded_spans.hpp"
#include "orchestrator/io/router/router_api.hpp"
#include "orchestrator/io/router/router_doors.hpp"

namespace tidegate::orchestrator {

// For each request about recordings. The router reads the files of a path for a list of them, which
// takes longer than other answers.
inline constexpr std::chrono::seconds kRecordingsDeadline{10};

enum class RecordState : std::uint8_t {
    unknown,  // nobody publishes, and the path has no entry of its own that would tell
    off,
    idle,     // it records as soon as somebody publishes
    waiting,  // nothing has been written lately
    recording,
    failing,      // the disk is full, ...
    unsupported,  // no track can be recorded
};
std::string_view name(RecordState state);

struct Recordings {
    RecordState state = RecordState::unknown;
    std::string error;    // why it is failing
    std::string problem;  // why the spans cannot be told; empty: they are
    RecordedSpans recorded;
    bool open = false;  // the last span is being written
};

struct RecordingsError {
    enum class Kind : std::uint8_t {
        unreachable,  // the router does not answer
        refused,      // it does not do it
        not_known,    // the path has no stream, and no entry of its own
        has_groups,   // its pattern's commands need the pattern's groups
    };
    Kind kind;
    std::string message;
};

// Which spans are wanted.
struct RecordingsAsk {
    std::optional<std::string> from;  // RFC 3339; nullopt: from the first on
    std::optional<std::string> to;
    std::size_t limit = kMostSpans;
};

class RouterRecordings {
public:
    template <class T>
    using Result = boost::asio::awaitable<std::expected<T, RecordingsError>>;

    explicit RouterRecordings(RouterAccess router);

    // playback: the router's playback server; nullopt: not known yet. An error is about the switch:
    // if only the spans cannot be told, that is a problem.
    Result<Recordings> look(std::string path, std::optional<Door> playback, RecordingsAsk ask);
    // Has the router record the path, or not. Its stream goes on. False: it was so already.
    Result<bool> switch_to(std::string path, bool record);

private:
    struct Found {
        std::optional<PathEntry> entry;
        bool live = false;
    };
    Result<RouterAnswer> ask(std::string method, std::string target, std::string body = {});
    Result<Found> find(std::string const& path);
    // nullopt: there is none of this name.
    Result<std::optional<PathEntry>> entry_of(std::string name);
    boost::asio::awaitable<std::expected<RecordedSpans, std::string>> spans_of(
        std::string path, std::optional<Door> playback, RecordingsAsk ask);
    boost::asio::awaitable<std::optional<RecorderState>> recorder_of(std::string path);

    RouterAccess const router_;
    RouterApi api_;
};

}  // namespace tidegate::orchestrator
