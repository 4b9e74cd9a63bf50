// The files of the dashboard, the web page that media-service serves at `/`. They are compiled into
// the program, so that there are none to find at run time. CMake makes pages.inc from them. Any
// thread.
#pragma once

#include <span>
#include <string_view>

namespace tidegate::dashboard {

struct Page {
    std::string_view path;  // "/", "/style.css", "/player/player.js"
    std::string_view content_type;
    std::string_view body;
};

std::span<Page const> pages();

}  // namespace tidegate::dashboard
