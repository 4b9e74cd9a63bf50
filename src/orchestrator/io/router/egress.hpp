// The destinations of all streams: those of the egress file (core/egress_rules.hpp), those that
// operators add, and the switches. The file is read again when it changes; one that is wrong keeps
// the rules that were there. What operators do is kept in a file of the state folder, which only we
// may read, so a restart loses nothing. URLs are secrets: only url() returns one. One event loop.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/core/desired_forwards.hpp"
#include "orchestrator/core/destination_view.hpp"
#include "orchestrator/core/egress_rules.hpp"

namespace tidegate::orchestrator {

// Bytes of the egress file, and of a file with a URL.
inline constexpr std::size_t kMaxEgressFile = 1024 * 1024;
inline constexpr std::size_t kMaxUrlBytes = 8192;
// Destinations that operators have added, and switches that they have turned: more than anybody
// manages by hand.
inline constexpr std::size_t kMaxStoredDestinations = 1000;

struct EgressError {
    enum class Kind : std::uint8_t {
        invalid,    // the name or the URL
        not_found,  // there is no such destination
        conflict,   // not as things are now
        failed,     // it could not be stored
    };
    Kind kind;
    std::string message;  // a sentence; never a URL
};
using EgressResult = std::expected<void, EgressError>;

class Egress {
public:
    // file: empty: there is none. store: where operators' changes are kept.
    Egress(std::string file, std::string store);

    // Reads both. The error is a sentence: the program cannot start.
    std::expected<void, std::string> load();
    // Looks whether the file has changed. True: other destinations may be wanted now. The log says
    // what was read, or why the old rules stay.
    bool poll();

    WantedForwards wanted(std::string const& stream_id) const;
    // nullopt: there is no such destination (any more).
    std::optional<std::string> url(ForwardName const& name) const;
    std::vector<ShownDestination> list(std::string const& stream_id) const;
    // Streams for which operators have added a destination.
    std::vector<std::string> streams() const;

    // A change that cannot be stored is an error, and changes nothing.
    EgressResult add(ForwardName const& name, std::string const& url);
    EgressResult remove(ForwardName const& name);
    EgressResult set_enabled(ForwardName const& name, bool enabled);

private:
    struct Resolved {
        std::string name, url;
        bool enabled = true;
        bool from_api = false;
    };
    // What tells whether a file has changed.
    using Stamp = std::pair<std::string, std::pair<std::int64_t, std::uint64_t>>;
    using Key = std::pair<std::string, std::string>;  // stream, destination
    // What operators have done.
    struct Stored {
        std::map<Key, std::string> added;  // URLs
        std::map<Key, bool> switches;      // that were turned
    };

    std::vector<Resolved> resolve(std::string const& stream_id) const;
    std::optional<Resolved> find(ForwardName const& name) const;
    std::expected<void, std::string> read_file();
    std::expected<std::string, std::string> url_of(EgressDestination const& from) const;
    std::vector<Stamp> stamps() const;
    std::expected<void, std::string> read_store();
    // Stores the change. Then, and only then, it is in force.
    EgressResult store(Stored changed);
    EgressResult write_store(Stored const& changed) const;

    std::string const file_, store_;
    EgressRules rules_;                   // every url is known, whatever it came from
    std::vector<std::string> url_files_;  // that the rules name
    std::vector<Stamp> stamps_;           // of the file and of url_files_
    Stored stored_;
};

// The URL without its secrets, for people; a sentence if it is no destination's URL.
std::expected<std::string, std::string> shown_url(std::string const& url);

}  // namespace tidegate::orchestrator
