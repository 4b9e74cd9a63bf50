#include "config/process_environment.hpp"

#include <unistd.h>

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

}  // namespace tidegate::config
