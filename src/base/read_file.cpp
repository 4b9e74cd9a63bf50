#include "base/read_file.hpp"

#include <cerrno>
#include <fstream>

#include "base/file_problem.hpp"

namespace tidegate::base {

std::expected<std::string, std::string> read_file(std::string const& path, std::size_t most) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::unexpected(file_problem("open", path, errno));
    std::string text;
    char buffer[16 * 1024];
    while (file.read(buffer, sizeof buffer), file.gcount() > 0) {
        text.append(buffer, static_cast<std::size_t>(file.gcount()));
        if (text.size() > most) {
            return std::unexpected(path + ": larger than " + std::to_string(most) + " bytes");
        }
    }
    if (file.bad()) {
        return std::unexpected(file_problem("read", path, errno != 0 ? errno : EISDIR));
    }
    return text;
}

}  // namespace tidegate::base
