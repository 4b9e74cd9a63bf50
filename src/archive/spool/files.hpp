// Files that survive a crash: a file is there whole or not at all. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "archive/spool/entry.hpp"

namespace tidegate::archive {

// An open file; closed by the destructor.
class File {
public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~File();

    explicit operator bool() const { return descriptor_ >= 0; }
    int get() const { return descriptor_; }

private:
    int descriptor_ = -1;
};

// All errors are sentences: "open /x: Permission denied".
std::unexpected<std::string> file_error(std::string_view what, std::string const& file);
// 0700, with the folders above it. Fine if it is there.
std::expected<void, std::string> make_folder(std::string const& folder);
// Writes the bytes under another name in `temporary`, a folder of the same file system, and gives
// them their name. Both are on the disk when it returns. REQUIRES: one writer of this name.
std::expected<void, std::string> write_durably(std::string const& temporary,
                                               std::string const& folder, std::string const& name,
                                               std::string_view bytes);
std::expected<std::string, std::string> read_file(std::string const& file);
// Fine if the file is gone already.
std::expected<void, std::string> remove_file(std::string const& file);
std::expected<void, std::string> rename_file(std::string const& from, std::string const& to);
std::expected<void, std::string> sync_folder(std::string const& folder);
// Of an open file, which must be a regular one.
std::expected<FileMark, std::string> mark_of(File const& file, std::string const& name);

}  // namespace tidegate::archive
