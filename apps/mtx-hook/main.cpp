// mtx-hook ready|not-ready: one call by the media router, one POST to media-service. Says nothing
// when all is well; otherwise one JSON line on stderr, and an exit code per cause (event.hpp).
// With a HOOK_SECRET it becomes mtx-hook-secure (secure_main.cpp), because a program with OpenSSL
// takes more memory, also while it does not use it.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/random.hpp"
#include "call.hpp"
#include "usage.hpp"

namespace {

using namespace tidegate::hook;

// Beside this program, or where a package puts what people do not start themselves.
constexpr char const* kPlaces[] = {"mtx-hook-secure", "../lib/tidegate/mtx-hook-secure"};

bool has_secret() {
    auto const* const secret = getenv("HOOK_SECRET");
    return secret != nullptr && *secret != '\0';
}

int become_secure(char** argv) {
    std::error_code error;
    auto const folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (auto const* const place : kPlaces) ::execv((folder / place).c_str(), argv);
    return fail({Failure::usage, "mtx-hook-secure, which signs, is not installed beside mtx-hook"},
                {}, tidegate::base::random_uuid());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--help") return std::fputs(kHelp, stdout) < 0;
    if (argc == 2 && std::string_view(argv[1]) == "--version") return std::puts(kVersion) < 0;
    if (has_secret()) return become_secure(argv);
    return call(argc, argv, unsigned_message);
}
