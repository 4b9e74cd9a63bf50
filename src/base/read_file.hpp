// Reads a small file whole: a configuration, a certificate, a secret. Any thread; it blocks.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace tidegate::base {

// The error is a sentence with the file's name: "open /x: no such file or directory", "/x: larger
// than 100 bytes". A file that is larger than `most` bytes is not read further.
std::expected<std::string, std::string> read_file(std::string const& path, std::size_t most);

}  // namespace tidegate::base
