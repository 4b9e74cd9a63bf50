#include "flv/file_reader.hpp"

#include <gtest/gtest.h>

#include "media/test_samples.hpp"

namespace tidegate::flv {
namespace {

using base::SharedBytes;
using media::test::hex;

constexpr char kFile[] =
    "464c56 01 05 00000009 00000000"
    "12 000002 000000 00 000000 0200 0000000d"
    "09 000003 000028 00 000000 170100 0000000e"
    "0b 000001 000000 00 000000 ff 0000000c"  // not a type of ours
    "08 000002 ffffff 7f 000000 af01 0000000d";

TEST(FileReader, GivesEveryTagAndSlicesTheFile) {
    auto const file = SharedBytes::copy_of(hex(kFile));
    auto reader = FileReader::open(file);
    ASSERT_TRUE(reader);
    struct Case {
        FileTagType type;
        std::int32_t timestamp;
        char const* body;
    };
    Case const cases[] = {{FileTagType::script, 0, "0200"},
                          {FileTagType::video, 40, "170100"},
                          {FileTagType::audio, 0x7fffffff, "af01"}};
    for (auto const& c : cases) {
        auto const tag = reader->next();
        ASSERT_TRUE(tag && *tag);
        EXPECT_EQ((*tag)->type, c.type);
        EXPECT_EQ((*tag)->timestamp_ms, c.timestamp);
        EXPECT_EQ(base::Bytes((*tag)->body.view().begin(), (*tag)->body.view().end()), hex(c.body));
        EXPECT_GT((*tag)->body.data(), file.data());
    }
    EXPECT_FALSE(reader->next()->has_value());
    EXPECT_FALSE(reader->next()->has_value());
}

TEST(FileReader, EveryCutEndsOrFails) {
    auto const whole = hex(kFile);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto reader = FileReader::open(SharedBytes::copy_of(base::ByteView(whole).first(size)));
        EXPECT_EQ(reader.has_value(), size >= 13) << size;
        if (!reader) continue;
        std::size_t tags = 0;
        auto tag = reader->next();
        for (; tag && *tag; tag = reader->next()) ++tags;
        auto const at_a_border = size == 13 || size == 30 || size == 48 || size == 64;
        EXPECT_EQ(tag.has_value(), at_a_border) << size;
        EXPECT_LT(tags, 3U);
    }
}

TEST(FileReader, OtherFilesAreRefused) {
    EXPECT_EQ(FileReader::open(SharedBytes::copy_of(hex("464c57 01 05 00000009 00000000")))
                  .error()
                  .message,
              "not an FLV file");
    EXPECT_EQ(FileReader::open(SharedBytes::copy_of(hex("464c56 01 05 ffffffff 00000000")))
                  .error()
                  .message,
              "invalid FLV header");
    EXPECT_EQ(FileReader::open(SharedBytes::copy_of(hex("464c56 01 05 00000000 00000000")))
                  .error()
                  .message,
              "invalid FLV header");
}

}  // namespace
}  // namespace tidegate::flv
