// tidegate-instructions <case> <times>: runs a case so often and nothing else, for a program that
// counts instructions around it (bench/instructions.py). Without arguments it lists the cases.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "micro/cases.hpp"

int main(int argc, char** argv) {
    auto const& cases = tidegate::bench::micro_cases();
    if (argc != 3) {
        for (auto const& one : cases) std::printf("%s\n", one.name.c_str());
        return argc == 1 ? 0 : 2;
    }
    unsigned times = 0;
    std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), times);
    for (auto const& one : cases) {
        if (one.name != std::string_view(argv[1])) continue;
        auto const step = one.make();
        for (unsigned i = 0; i < times; ++i) step();
        return 0;
    }
    std::fprintf(stderr, "no such case: %s\n", argv[1]);
    return 2;
}
