// What a change of the configuration does to a path. Pure; one thread at a time.
#pragma once

#include <map>
#include <utility>

#include "config/mediamtx/conf.hpp"

namespace tidegate::router {

// Whether two entries say the same, name included. They may be two objects.
bool same_path(config::mediamtx::PathConf const& a, config::mediamtx::PathConf const& b);

// Whether a path can take over another entry while its publisher and readers stay. That is so when
// the entries differ in nothing but their names and keys that MediaMTX exchanges while a path runs.
bool can_be_updated(config::mediamtx::PathConf const& from, config::mediamtx::PathConf const& to);

// Remembers the answers of can_be_updated(), because thousands of paths may share an entry. It
// keeps the entries that it was asked about alive.
class PathChanges {
public:
    bool can_be_updated(config::mediamtx::PathConfPtr const& from,
                        config::mediamtx::PathConfPtr const& to);

private:
    using Pair = std::pair<config::mediamtx::PathConfPtr, config::mediamtx::PathConfPtr>;
    std::map<Pair, bool> known_;
};

}  // namespace tidegate::router
