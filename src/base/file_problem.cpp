#include "base/file_problem.hpp"

#include <system_error>

#include "base/lower_case.hpp"

namespace tidegate::base {

std::string file_problem(std::string_view action, std::string_view file, int error) {
    return std::string(action) + " " + std::string(file) + ": " +
           lower_first(std::generic_category().message(error));
}

}  // namespace tidegate::base
