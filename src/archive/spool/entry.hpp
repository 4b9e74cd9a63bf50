// One segment in the spool, and what is known of its upload, as files of JSON. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::archive {

// Longest values. A path of the router and a file's name have 4096 bytes at most on Linux.
inline constexpr std::size_t kMaxNameBytes = 4096;
inline constexpr std::size_t kMaxDurationBytes = 32;
// The longest file of the spool: a state with 10,000 parts of 35 bytes each, and names that are
// escaped.
inline constexpr std::size_t kMaxSpoolFileBytes = 1024 * 1024;

// What identifies the bytes of a file. A file that has changed has another size or time.
struct FileMark {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since 1970
    bool operator==(FileMark const&) const = default;
};

struct Entry {
    std::string path;      // MTX_PATH
    std::string file;      // MTX_SEGMENT_PATH, absolute
    std::string duration;  // MTX_SEGMENT_DURATION, in seconds; empty: unknown
    FileMark mark;
    // No hook has told of it: the daemon has found it on the disk. It may be in the bucket already.
    bool found = false;
    bool operator==(Entry const&) const = default;
};

// The multipart upload of an entry that was begun, or its end.
struct UploadState {
    // It is being begun, and its id is not known yet.
    bool beginning = false;
    // The object is complete and was checked. Only the local file and the entry are left to be
    // removed.
    bool verified = false;
    std::string upload_id{};  // empty: there is none
    std::string key{};        // of the object
    std::uint64_t part_bytes = 0;
    std::vector<std::string> etags{};  // of the parts that have arrived, in order
    bool operator==(UploadState const&) const = default;
};

std::string to_text(Entry const& entry);
std::string to_text(UploadState const& state);
// The error is a sentence.
std::expected<Entry, std::string> parse_entry(std::string_view text);
std::expected<UploadState, std::string> parse_state(std::string_view text);

// "10.021": what the router tells, and nothing else may become a header.
bool is_duration(std::string_view text);

}  // namespace tidegate::archive
