#include "http/byte_range.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tidegate::http {
namespace {

base::SharedBytes shared(std::string_view text) {
    return base::SharedBytes::copy_of(
        {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()});
}

// "0123456789": two bytes of body, and two slices.
Response ten_bytes() {
    Response response;
    response.body = "01";
    response.slices = {shared("2345"), shared("6789")};
    return response;
}

std::string text_of(Response const& response) {
    auto text = response.body;
    for (auto const& slice : response.slices) {
        text.append(reinterpret_cast<char const*>(slice.data()), slice.size());
    }
    return text;
}

struct Row {
    std::string_view range;
    unsigned status;
    std::string_view body;
    std::string_view content_range;
};

class ByteRange : public testing::TestWithParam<Row> {};

TEST_P(ByteRange, CutsTheBody) {
    auto const& row = GetParam();
    auto response = ten_bytes();
    apply_range(row.range, response);
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(text_of(response), row.body);
    if (row.content_range.empty()) {
        EXPECT_THAT(response.headers, testing::IsEmpty());
    } else {
        EXPECT_THAT(response.headers, testing::ElementsAre(testing::Pair(
                                          "Content-Range", std::string(row.content_range))));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ByteRange,
    testing::Values(Row{"bytes=0-0", 206, "0", "bytes 0-0/10"},
                    Row{"bytes=0-9", 206, "0123456789", "bytes 0-9/10"},
                    Row{"bytes=1-2", 206, "12", "bytes 1-2/10"},
                    Row{"bytes=3-", 206, "3456789", "bytes 3-9/10"},
                    Row{"bytes=-3", 206, "789", "bytes 7-9/10"},
                    Row{"bytes=-30", 206, "0123456789", "bytes 0-9/10"},
                    Row{"Bytes=5-100", 206, "56789", "bytes 5-9/10"},
                    Row{"bytes=5-99999999999999999999999", 206, "56789", "bytes 5-9/10"},
                    Row{"bytes=10-", 416, "", "bytes */10"}, Row{"bytes=-0", 416, "", "bytes */10"},
                    Row{"bytes=99999999999999999999999-", 416, "", "bytes */10"},
                    Row{"", 200, "0123456789", ""}, Row{"bytes=", 200, "0123456789", ""},
                    Row{"bytes=-", 200, "0123456789", ""}, Row{"bytes=4-2", 200, "0123456789", ""},
                    Row{"bytes=a-b", 200, "0123456789", ""},
                    Row{"bytes=1-2,4-5", 200, "0123456789", ""},
                    Row{"bytes= 1-2", 200, "0123456789", ""},
                    Row{"bytes=+1-2", 200, "0123456789", ""},
                    Row{"seconds=1-2", 200, "0123456789", ""}));

TEST(ByteRangeOfNothing, IsNeverSatisfiable) {
    Response response;
    apply_range("bytes=0-", response);
    EXPECT_EQ(response.status, 416U);
}

}  // namespace
}  // namespace tidegate::http
