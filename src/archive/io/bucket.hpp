// The requests of S3 that an upload needs. Each is signed, and each body is proved twice: by its
// SHA-256, which is part of the signature, and by its MD5, which the server compares and repeats as
// the ETag. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "archive/core/endpoint.hpp"
#include "archive/core/outcome.hpp"
#include "archive/io/transfer.hpp"
#include "base/bytes.hpp"

namespace tidegate::archive {

struct ObjectAttributes {
    std::string content_type;
    std::string duration;  // becomes x-amz-meta-duration; empty: unknown
};

class Bucket {
public:
    // Both outlive this.
    Bucket(Endpoint const& endpoint, CredentialSource& credentials, TransferSettings settings);

    template <class T>
    using Result = std::expected<T, Trouble>;

    // Each returns the ETag without quotes, which was compared if it is an MD5.
    Result<std::string> put(std::string const& key, FilePiece const& piece,
                            ObjectAttributes const& attributes);
    Result<std::string> put_part(std::string const& key, std::string const& upload_id,
                                 std::uint64_t number, FilePiece const& piece);
    Result<std::string> complete(std::string const& key, std::string const& upload_id,
                                 std::vector<std::string> const& etags);

    // The id of a new multipart upload.
    Result<std::string> create(std::string const& key, ObjectAttributes const& attributes);
    // Fine if there is no such upload any more.
    Result<void> abort(std::string const& key, std::string const& upload_id);
    Result<std::vector<std::string>> uploads_of(std::string const& key);

    struct Stored {
        std::uint64_t size = 0;
        std::string etag;
    };
    Result<Stored> head(std::string const& key);

private:
    Result<HttpAnswer> send(HttpRequest request, std::string_view sha256_hex);
    Result<std::string> send_piece(HttpRequest request, FilePiece const& piece);

    Endpoint const& endpoint_;
    CredentialSource& credentials_;
    Transfer transfer_;
};

// The server has forgotten the upload, or somebody has aborted it.
bool is_no_such_upload(Trouble const& trouble);

}  // namespace tidegate::archive
