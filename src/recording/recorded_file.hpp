// A recorded file that is open for reading. It may grow meanwhile, and may be deleted: it can be
// read until it is closed. An immutable value behind a shared_ptr; any thread. Reading may block.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace tidegate::recording {

// Which file it is, and what it was like at one moment.
struct FileState {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::chrono::nanoseconds modified{};  // since 1970
    bool operator==(FileState const&) const = default;
};

// Of the file with this name, which need not be readable; not of what a link points at. All is 0 if
// there is no such file.
FileState state_of(std::filesystem::path const& path);

class RecordedFile {
public:
    // Only a regular file, and no link to one. The error is a sentence in Go's words: "open
    // /recordings/x.mp4: no such file or directory".
    static std::expected<std::shared_ptr<RecordedFile const>, std::string> open(
        std::filesystem::path const& path);
    ~RecordedFile();
    RecordedFile(RecordedFile const&) = delete;
    RecordedFile& operator=(RecordedFile const&) = delete;

    std::uint64_t size() const;  // now
    FileState state() const;     // now
    // False: not all of these bytes are there.
    bool read(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
    int descriptor() const { return descriptor_; }

private:
    explicit RecordedFile(int descriptor) : descriptor_(descriptor) {}

    int const descriptor_;
};

}  // namespace tidegate::recording
