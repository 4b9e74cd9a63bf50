#include "archive/io/bucket.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "archive/core/multipart.hpp"
#include "archive/core/s3_answer.hpp"
#include "base/crypto/base64.hpp"
#include "base/crypto/digest.hpp"

namespace tidegate::archive {

namespace {

// Of the empty body.
constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// Uploads of one key that are aborted at a time. There is rarely more than one.
constexpr auto kMaxUploadsListed = "20";
constexpr std::string_view kNoSuchUpload = "NoSuchUpload";
constexpr std::size_t kReadBytes = 256 * 1024;

struct Proof {
    std::string sha256_hex;
    std::string md5_hex;
    std::string md5_base64;
};

Proof prove(base::Digest& sha256, base::Digest& md5) {
    auto const digest = md5.finish();
    return {base::to_hex(sha256.finish()), base::to_hex(digest), base::base64_encode(digest)};
}

Proof prove(std::string_view body) {
    base::Digest sha256(base::Digest::Kind::sha256), md5(base::Digest::Kind::md5);
    base::ByteView const bytes{reinterpret_cast<std::uint8_t const*>(body.data()), body.size()};
    sha256.update(bytes);
    md5.update(bytes);
    return prove(sha256, md5);
}

std::expected<Proof, Trouble> prove(FilePiece const& piece) {
    base::Digest sha256(base::Digest::Kind::sha256), md5(base::Digest::Kind::md5);
    base::Bytes buffer(kReadBytes);
    for (std::uint64_t position = 0; position < piece.size;) {
        auto const wanted = std::min<std::uint64_t>(buffer.size(), piece.size - position);
        auto const count = ::pread(piece.descriptor, buffer.data(), wanted,
                                   static_cast<off_t>(piece.offset + position));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(Trouble{Failure::disk, std::strerror(errno)});
        if (count == 0) {
            return std::unexpected(Trouble{Failure::changed, "the file has become shorter"});
        }
        base::ByteView const bytes{buffer.data(), static_cast<std::size_t>(count)};
        sha256.update(bytes);
        md5.update(bytes);
        position += bytes.size();
    }
    return prove(sha256, md5);
}

std::vector<std::string> describe(ObjectAttributes const& attributes) {
    std::vector<std::string> headers{"Content-Type: " + attributes.content_type};
    if (!attributes.duration.empty())
        headers.push_back("x-amz-meta-duration: " + attributes.duration);
    return headers;
}

}  // namespace

bool is_no_such_upload(Trouble const& trouble) {
    return trouble.detail.contains(kNoSuchUpload);
}

Bucket::Bucket(Endpoint const& endpoint, CredentialSource& credentials, TransferSettings settings)
    : endpoint_(endpoint), credentials_(credentials), transfer_(std::move(settings)) {}

Bucket::Result<HttpAnswer> Bucket::send(HttpRequest request, std::string_view sha256_hex) {
    auto credentials = credentials_.get();
    if (!credentials) return std::unexpected(Trouble{Failure::credentials, credentials.error()});
    request.signing = Signing{std::move(*credentials), endpoint_.region()};
    request.headers.push_back("x-amz-content-sha256: " + std::string(sha256_hex));
    // Without TLS, a proxy would read everything: only the endpoint itself may.
    request.direct = !endpoint_.is_https();
    auto answer = transfer_.perform(request);
    if (!answer) return answer;
    if (answer->status >= 200 && answer->status < 300) return answer;
    auto trouble = trouble_of(answer->head(), answer->body);
    if (trouble.failure == Failure::refused) credentials_.forget();
    return std::unexpected(std::move(trouble));
}

Bucket::Result<std::string> Bucket::send_piece(HttpRequest request, FilePiece const& piece) {
    auto const proof = prove(piece);
    if (!proof) return std::unexpected(proof.error());
    request.method = "PUT";
    request.piece = piece;
    request.headers.push_back("Content-MD5: " + proof->md5_base64);
    auto const answer = send(std::move(request), proof->sha256_hex);
    if (!answer) return std::unexpected(answer.error());
    auto etag = bare_etag(answer->etag);
    if (etag.empty()) {
        return std::unexpected(Trouble{Failure::answer, "the answer has no ETag"});
    }
    // Encrypted with a key of KMS, an object has an ETag that is no MD5, but looks like one.
    bool const is_proof = is_md5(etag) && !answer->encryption.starts_with("aws:kms");
    if (is_proof && etag != proof->md5_hex) {
        return std::unexpected(
            Trouble{Failure::checksum, "the server has stored other bytes than were sent: ETag " +
                                           etag + " instead of " + proof->md5_hex});
    }
    return etag;
}

Bucket::Result<std::string> Bucket::put(std::string const& key, FilePiece const& piece,
                                        ObjectAttributes const& attributes) {
    HttpRequest request;
    request.url = endpoint_.url(key);
    request.headers = describe(attributes);
    return send_piece(std::move(request), piece);
}

Bucket::Result<std::string> Bucket::put_part(std::string const& key, std::string const& upload_id,
                                             std::uint64_t number, FilePiece const& piece) {
    HttpRequest request;
    request.url =
        endpoint_.url(key, {{"partNumber", std::to_string(number)}, {"uploadId", upload_id}});
    return send_piece(std::move(request), piece);
}

Bucket::Result<std::string> Bucket::create(std::string const& key,
                                           ObjectAttributes const& attributes) {
    HttpRequest request;
    request.method = "POST";
    request.url = endpoint_.url(key, {{"uploads", ""}});
    request.headers = describe(attributes);
    auto const answer = send(std::move(request), kEmptySha256);
    if (!answer) return std::unexpected(answer.error());
    auto id = parse_upload_id(answer->body);
    if (id.empty()) return std::unexpected(Trouble{Failure::answer, "the answer has no UploadId"});
    return id;
}

Bucket::Result<std::string> Bucket::complete(std::string const& key, std::string const& upload_id,
                                             std::vector<std::string> const& etags) {
    HttpRequest request;
    request.method = "POST";
    request.url = endpoint_.url(key, {{"uploadId", upload_id}});
    request.body = complete_body(etags);
    auto const proof = prove(request.body);
    request.headers = {"Content-Type: application/xml", "Content-MD5: " + proof.md5_base64};
    // The server puts the parts together meanwhile, which takes minutes for large ones.
    request.deadline = std::chrono::minutes{10};
    auto const answer = send(std::move(request), proof.sha256_hex);
    if (!answer) return std::unexpected(answer.error());
    if (auto const etag = parse_completed(answer->body)) return *etag;
    // Status 200 was sent before the server knew how it would end.
    auto head = answer->head();
    if (parse_error(answer->body)) head.status = 500;
    return std::unexpected(trouble_of(head, answer->body));
}

Bucket::Result<void> Bucket::abort(std::string const& key, std::string const& upload_id) {
    HttpRequest request;
    request.method = "DELETE";
    request.url = endpoint_.url(key, {{"uploadId", upload_id}});
    auto const answer = send(std::move(request), kEmptySha256);
    if (answer || is_no_such_upload(answer.error())) return {};
    return std::unexpected(answer.error());
}

Bucket::Result<std::vector<std::string>> Bucket::uploads_of(std::string const& key) {
    HttpRequest request;
    request.method = "GET";
    request.url =
        endpoint_.url("", {{"max-uploads", kMaxUploadsListed}, {"prefix", key}, {"uploads", ""}});
    auto const answer = send(std::move(request), kEmptySha256);
    if (!answer) return std::unexpected(answer.error());
    return parse_uploads_of(answer->body, key);
}

Bucket::Result<Bucket::Stored> Bucket::head(std::string const& key) {
    HttpRequest request;
    request.method = "HEAD";
    request.url = endpoint_.url(key);
    auto const answer = send(std::move(request), kEmptySha256);
    if (!answer) return std::unexpected(answer.error());
    if (!answer->length)
        return std::unexpected(Trouble{Failure::answer, "the answer has no length"});
    return Stored{*answer->length, bare_etag(answer->etag)};
}

}  // namespace tidegate::archive
