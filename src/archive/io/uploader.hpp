// Uploads one segment of the spool, whole or in parts, from wherever a crash has left it. One
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "archive/core/outcome.hpp"
#include "archive/io/bucket.hpp"
#include "archive/spool/spool.hpp"

namespace tidegate::archive {

struct UploadPolicy {
    std::string key_template = "%path/%file";
    // The file is removed when the object was looked at once more, and has the right size and ETag.
    bool delete_local = false;
};

struct Uploaded {
    std::string key;
    std::uint64_t bytes = 0;
    std::uint64_t parts = 0;    // 0: it went in one request
    std::uint64_t resumed = 0;  // parts that had arrived before
    bool known = false;         // it was in the bucket already
};

class Uploader {
public:
    // All outlive this.
    Uploader(Spool const& spool, Bucket& bucket, UploadPolicy const& policy)
        : spool_(spool), bucket_(bucket), policy_(policy) {}

    // When it succeeds, the segment is in the bucket, and is no longer in the spool. After an error
    // it is still there.
    std::expected<Uploaded, Trouble> upload(Spool::Id id, Entry const& entry);
    // The segment is given up: aborts its multipart upload, if there is one, and moves it to dead/.
    std::expected<void, std::string> give_up(Spool::Id id);

private:
    bool is_stored(Entry const& entry, std::string const& key);
    std::expected<Uploaded, Trouble> send(Spool::Id id, Entry const& entry, std::string const& key,
                                          UploadState state);
    std::expected<std::string, Trouble> send_parts(Spool::Id id, File const& file,
                                                   Entry const& entry, UploadState& state,
                                                   Uploaded& uploaded);
    std::expected<void, Trouble> begin(Spool::Id id, Entry const& entry, UploadState& state);
    std::expected<void, Trouble> verify(std::string const& key, std::uint64_t size,
                                        std::string const& etag);
    std::expected<void, Trouble> finish(Spool::Id id, Entry const& entry);
    std::expected<void, Trouble> keep(Spool::Id id, UploadState const& state);

    Spool const& spool_;
    Bucket& bucket_;
    UploadPolicy const& policy_;
};

}  // namespace tidegate::archive
