// The sentence for a file that could not be used, as Go and therefore MediaMTX write it. Any
// thread.
#pragma once

#include <string>
#include <string_view>

namespace tidegate::base {

// action: what was tried, such as "open". error: an errno. Returns "open /x: permission denied".
std::string file_problem(std::string_view action, std::string_view file, int error);

}  // namespace tidegate::base
