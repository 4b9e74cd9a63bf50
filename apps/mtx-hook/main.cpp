// mtx-hook ready|not-ready: one call by the media router, one POST to media-service. Says nothing
// when all is well; otherwise one JSON line on stderr, and an exit code per cause (event.hpp).
#include <cstdio>
#include <string_view>

#include "call.hpp"
#include "usage.hpp"

int main(int argc, char** argv) {
    using namespace tidegate::hook;
    if (argc == 2 && std::string_view(argv[1]) == "--help") return std::fputs(kHelp, stdout) < 0;
    if (argc == 2 && std::string_view(argv[1]) == "--version") return std::puts(kVersion) < 0;
    return call(argc, argv, nullptr);
}
