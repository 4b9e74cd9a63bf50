#include "config/process_environment.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace tidegate::config {

Environment process_environment() {
    Environment environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        environment.emplace_back(*entry);
    }
    return environment;
}

std::string variable(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace tidegate::config
