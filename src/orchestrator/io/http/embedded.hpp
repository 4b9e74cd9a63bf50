// Files that are compiled into the program, so that there are none to find at run time. CMake makes
// embedded.cpp from them. Any thread.
#pragma once

#include <string_view>

namespace tidegate::orchestrator {

std::string_view openapi_json();    // specs/001-mediamtx-integration/contracts/openapi.json
std::string_view docs_page_html();  // docs_page.html, a page that shows openapi_json()

}  // namespace tidegate::orchestrator
