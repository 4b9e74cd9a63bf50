// One call of the hook, from arguments and environment to the exit code: what mtx-hook and
// mtx-hook-secure have in common.
#pragma once

#include "post.hpp"

namespace tidegate::hook {

// Posts the event. Returns the exit code: 0, or that of the failure (event.hpp), which is one JSON
// line on stderr. security: nullptr in mtx-hook, which becomes mtx-hook-secure if it is needed.
int call(int argc, char** argv, Security const* security);

}  // namespace tidegate::hook
