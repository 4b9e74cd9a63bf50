// A recorded file that is open for reading. It may grow meanwhile, and may be deleted: it can be
// read until it is closed. An immutable value behind a shared_ptr; any thread. Reading may block.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace tidegate::recording {

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
    // False: not all of these bytes are there.
    bool read(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
    int descriptor() const { return descriptor_; }

private:
    explicit RecordedFile(int descriptor) : descriptor_(descriptor) {}

    int const descriptor_;
};

}  // namespace tidegate::recording
