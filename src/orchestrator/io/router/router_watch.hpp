// Watches one router: reads its whole list of paths by the clock, and one path at once when a hook
// says that something has happened to it. One event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream_id.hpp"
#include "net/task_group.hpp"
#include "orchestrator/core/policy.hpp"
#include "orchestrator/core/router_address.hpp"
#include "orchestrator/io/router/router_api.hpp"
#include "orchestrator/io/router/router_doors.hpp"
#include "orchestrator/io/router/router_list.hpp"

namespace tidegate::orchestrator {

// The time between two lists is at least this long, and at least four times as long as a list
// takes: many hooks cost a router, and us, a bounded share of time.
inline constexpr std::chrono::milliseconds kResyncSpacing{20};
inline constexpr int kListShare = 4;

// A path is looked at at most this often: ten thousand hooks a second about one stream must not
// make us ask all the time. The last hook is always followed by a look.
inline constexpr std::chrono::milliseconds kHintSpacing{200};

// Looks that are under way at the same time, each over a connection of its own: one after the
// other, a router that is ten milliseconds away would be looked at a hundred times a second at
// most.
inline constexpr std::size_t kLooksAtOnce = 4;

// If more paths wait to be looked at, the whole list is read instead, which costs about as much as
// this many looks.
inline constexpr std::size_t kMostLooks = 64;

// Paths whose query is asked for at the same time, besides those looks: after a start there may be
// one for each stream. More wait, and if so many wait, further ones get workers without it.
inline constexpr std::size_t kQueriesAtOnce = 4;
inline constexpr std::size_t kMostQueries = 10'000;

// For each request to the router, which normally takes milliseconds. A request that takes longer
// has failed, and what it asks for is unknown.
inline constexpr std::chrono::milliseconds kResyncDeadline{2'000};

// How often the router is asked where it listens. It may be told to listen elsewhere at any time.
inline constexpr std::chrono::seconds kDoorsInterval{10};

// How the last lists went.
struct ListStatus {
    std::string router;
    std::optional<Time> last_complete;  // nullopt: there was no complete list yet
    std::string error;                  // of the last list; empty: it was complete
    std::chrono::nanoseconds took{};    // the last list
    std::size_t paths = 0;              // of the last complete list
    bool asked = false;                 // there was a list, or a failure
};

class RouterWatch {
public:
    // Called on the loop. It must not destroy the watch.
    class Listener {
    public:
        virtual ~Listener() = default;
        // A complete list, and when it was asked for.
        virtual void on_list(RouterWatch const& router, std::vector<PathItem> const& items,
                             Time asked) = 0;
        // A list failed, was partial or could not be read.
        virtual void on_list_failed(RouterWatch const& router) = 0;
        // What the router says of one path; item: null: it has no such path.
        virtual void on_look(RouterWatch const& router, base::StreamPath const& path,
                             PathItem const* item, Time asked) = 0;
        // The same, after ask_query(). query: that of its source; nullopt: the router has not told.
        virtual void on_query(RouterWatch const& router, base::StreamPath const& path,
                              PathItem const* item, std::optional<std::string> const& query,
                              Time asked) = 0;
        // It listens at other addresses than before.
        virtual void on_doors(RouterWatch const& router, RouterDoors const& doors) = 0;
    };

    // access.url is the router's Control API. listener must outlive this.
    RouterWatch(boost::asio::io_context& io, std::string name, RouterAccess access,
                Duration interval, Listener& listener);
    RouterWatch(RouterWatch const&) = delete;
    RouterWatch& operator=(RouterWatch const&) = delete;

    // Begins. first_list: when the list is read first; then every `interval`.
    void start(Duration first_list);
    boost::asio::awaitable<void> stop();

    // Something may have happened to this path.
    void look(base::StreamPath const& path);
    // Looks at this path, and asks for the query of its source.
    void ask_query(base::StreamPath const& path);

    std::string const& name() const { return name_; }
    ListStatus const& status() const { return status_; }
    std::optional<RouterDoors> const& doors() const { return doors_; }
    // The addresses of its Control API; empty: not known yet.
    std::set<boost::asio::ip::address> const& addresses() const { return addresses_; }

private:
    boost::asio::awaitable<void> list_for_ever(Duration first_list);
    boost::asio::awaitable<void> list();
    boost::asio::awaitable<void> look_for_ever();
    boost::asio::awaitable<void> look_at(std::string path);
    std::optional<std::string> next_look();
    boost::asio::awaitable<void> ask_for_ever();
    boost::asio::awaitable<void> ask_query_of(base::StreamPath path);
    void list_at(Time when);
    boost::asio::awaitable<void> look_at_configuration();
    boost::asio::awaitable<void> look_at_doors();
    boost::asio::awaitable<void> look_what_is_recorded();
    bool take_literal_address();
    boost::asio::awaitable<void> look_at_addresses();

    boost::asio::io_context& io_;
    std::string const name_;
    std::string const url_;
    Duration const interval_;
    Listener& listener_;
    RouterApi api_;  // a look does not wait for a list: each request has a connection of its own
    RouterList list_;
    net::TaskGroup tasks_;
    boost::asio::steady_timer list_wake_, look_wake_;  // all looks wait for the one
    boost::asio::steady_timer query_wake_;             // as a condition variable
    std::deque<base::StreamPath> queries_;             // to be asked for
    Time next_list_ = Time::max();
    std::multimap<Time, std::string> looks_;              // when each is due
    std::set<std::string, std::less<>> waiting_;          // paths in looks_
    std::map<std::string, Time, std::less<>> looked_at_;  // by path: when it last was
    bool stopping_ = false;
    ListStatus status_;
    std::optional<RouterDoors> doors_;  // nullopt: not known yet
    Time next_look_at_configuration_{};
    std::set<boost::asio::ip::address> addresses_;
    // Entries of the router's configuration whose paths are recorded.
    Entries recorded_entries_;
};

}  // namespace tidegate::orchestrator
