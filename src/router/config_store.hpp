// The configuration in force, which hot reload and the Control API replace. Any thread.
#pragma once

#include "config/mediamtx.hpp"
#include "router/snapshot.hpp"

namespace tidegate::router {

using ConfigStore = Snapshot<config::mediamtx::Conf>;
using ConfPtr = ConfigStore::Ptr;

}  // namespace tidegate::router
