// A hook's command line: splitting never invents characters; expansion of a word without '$' is
// that word.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "router/hooks/hook_command.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace tidegate::router;
    std::string_view const command(reinterpret_cast<char const*>(data), size);
    query_escape(command);
    auto const words = split_command(command);
    if (!words) return 0;
    std::size_t total = 0;
    for (auto const& word : *words) {
        total += word.size();
        auto const expanded = expand_variables(word, [](std::string_view) { return "value"; });
        if (!word.contains('$') && expanded != word) std::abort();
    }
    if (total > command.size()) std::abort();
    return 0;
}
