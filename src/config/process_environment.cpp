#include "config/process_environment.hpp"

#include <unistd.h>

namespace tidegate::config {

Environment process_environment() {
    Environment environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        environment.emplace_back(*entry);
    }
    return environment;
}

}  // namespace tidegate::config
