#include "archive/core/s3_answer.hpp"

#include <gtest/gtest.h>

#include "archive/core/multipart.hpp"
#include "archive/core/outcome.hpp"

namespace tidegate::archive {
namespace {

constexpr std::string_view kHead = R"(<?xml version="1.0" encoding="UTF-8"?>)";

TEST(S3Answer, ReadsErrors) {
    auto const error =
        parse_error(std::string(kHead) +
                    "<Error><Code>AccessDenied</Code><Message>No &amp; never</Message></Error>");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, "AccessDenied");
    EXPECT_EQ(error->message, "No & never");
    EXPECT_FALSE(parse_error("<html>"));
    EXPECT_FALSE(parse_error(""));
    EXPECT_EQ(parse_error("<Error><Code>a b\"</Code></Error>")->code, "")
        << "no code has such letters";
}

TEST(S3Answer, ReadsUploadIds) {
    auto const answer = [](std::string_view id) {
        return std::string(kHead) +
               "<InitiateMultipartUploadResult "
               "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><UploadId>" +
               std::string(id) + "</UploadId></InitiateMultipartUploadResult>";
    };
    EXPECT_EQ(parse_upload_id(answer("VXBs-b2Fk.ID_~+/=")), "VXBs-b2Fk.ID_~+/=");
    EXPECT_EQ(parse_upload_id(answer("")), "");
    EXPECT_EQ(parse_upload_id(answer("a\r\nb")), "");
    EXPECT_EQ(parse_upload_id(answer(std::string(2000, 'a'))), "");
    EXPECT_EQ(parse_upload_id("<Other><UploadId>a</UploadId></Other>"), "");
}

TEST(S3Answer, ExpandsNoEntitiesOfTheDocument) {
    EXPECT_EQ(parse_upload_id(
                  "<!DOCTYPE a [<!ENTITY x \"yy\">]><InitiateMultipartUploadResult><UploadId>&x;"
                  "</UploadId></InitiateMultipartUploadResult>"),
              "&x;");
}

TEST(S3Answer, TellsACompletedUploadFromAnErrorOfStatus200) {
    EXPECT_EQ(parse_completed("<CompleteMultipartUploadResult><ETag>&quot;abc-2&quot;</ETag>"
                              "</CompleteMultipartUploadResult>"),
              "abc-2");
    EXPECT_FALSE(parse_completed("<Error><Code>InternalError</Code></Error>"));
}

TEST(S3Answer, ListsTheUploadsOfExactlyOneKey) {
    EXPECT_EQ(
        parse_uploads_of(
            "<ListMultipartUploadsResult><Upload><Key>a</Key><UploadId>1</UploadId></Upload>"
            "<Upload><Key>ab</Key><UploadId>2</UploadId></Upload>"
            "<Upload><Key>a</Key><UploadId>3</UploadId></Upload></ListMultipartUploadsResult>",
            "a"),
        (std::vector<std::string>{"1", "3"}));
}

TEST(Trouble, ClassesWhatTheServerSays) {
    auto const of = [](unsigned status, std::string_view code) {
        return trouble_of({status, "", "now"},
                          "<Error><Code>" + std::string(code) + "</Code></Error>")
            .failure;
    };
    EXPECT_EQ(of(403, "AccessDenied"), Failure::refused);
    EXPECT_EQ(of(404, "NoSuchBucket"), Failure::refused);
    EXPECT_EQ(of(403, "RequestTimeTooSkewed"), Failure::clock);
    EXPECT_EQ(of(400, "BadDigest"), Failure::checksum);
    EXPECT_EQ(of(400, "KeyTooLongError"), Failure::name);
    EXPECT_EQ(of(503, "SlowDown"), Failure::server);
    EXPECT_EQ(of(500, ""), Failure::server);
    EXPECT_EQ(of(301, "PermanentRedirect"), Failure::redirect);
    EXPECT_EQ(of(200, ""), Failure::answer);
    EXPECT_TRUE(trouble_of({403, "", "Thu, 01 Jan 2026 00:00:00 GMT"},
                           "<Error><Code>RequestTimeTooSkewed</Code></Error>")
                    .detail.contains("Thu, 01 Jan 2026"));
}

TEST(Multipart, CutsWithinTheLimitsOfS3) {
    EXPECT_EQ(part_size(kMultipartOver + 1), kPartBytes);
    EXPECT_EQ(part_count(kMultipartOver + 1, kPartBytes), 5U);
    for (std::uint64_t const size : {1ULL << 36, (1ULL << 38) + 1, 5ULL << 40}) {
        EXPECT_LE(part_count(size, part_size(size)), kMaxParts);
    }
}

TEST(Multipart, TakesETagsOnlyAsTheyAre) {
    EXPECT_EQ(bare_etag(" \"0aF-12\" "), "0aF-12");
    EXPECT_EQ(bare_etag("abc"), "abc");
    EXPECT_EQ(bare_etag("\"<x>\""), "");
    EXPECT_TRUE(is_md5("d41d8cd98f00b204e9800998ecf8427e"));
    EXPECT_FALSE(is_md5("d41d8cd98f00b204e9800998ecf8427e-2"));
}

}  // namespace
}  // namespace tidegate::archive
