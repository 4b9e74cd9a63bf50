// What a change of the configuration does to a path (contract §1.8). Pure; one thread at a time.
#pragma once

#include <map>
#include <utility>

#include "config/mediamtx/conf.hpp"

namespace tidegate::router {

// The same entry, name included, whether or not it is the same object.
bool same_path(config::mediamtx::PathConf const& a, config::mediamtx::PathConf const& b);

// Whether a path may go from one entry to the other with its publisher and readers: nothing differs
// but the name and keys of parts that can be exchanged while it runs.
bool can_be_updated(config::mediamtx::PathConf const& from, config::mediamtx::PathConf const& to);

// Answers the second question once for each pair: thousands of paths share an entry. Keeps the
// entries that it was asked about.
class PathChanges {
public:
    bool can_be_updated(config::mediamtx::PathConfPtr const& from,
                        config::mediamtx::PathConfPtr const& to);

private:
    using Pair = std::pair<config::mediamtx::PathConfPtr, config::mediamtx::PathConfPtr>;
    std::map<Pair, bool> known_;
};

}  // namespace tidegate::router
