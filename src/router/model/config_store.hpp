// The configuration in force, which hot reload and the Control API replace. Any thread.
#pragma once

#include "config/mediamtx/conf.hpp"
#include "router/model/snapshot.hpp"

namespace tidegate::router {

using ConfigStore = Snapshot<config::mediamtx::Conf>;
using ConfPtr = ConfigStore::Ptr;

}  // namespace tidegate::router
