// Files that are compiled into the program (embedded.cpp is made by CMake). Any thread.
#pragma once

#include <string_view>

namespace tidegate::orchestrator {

std::string_view openapi_json();    // specs/001-mediamtx-integration/contracts/openapi.json
std::string_view docs_page_html();  // docs_page.html: shows openapi_json() to people

}  // namespace tidegate::orchestrator
