#include "rtmp/core/command.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "rtmp/core/amf0.hpp"
#include "rtmp/core/test_support.hpp"

namespace tidegate::rtmp::test {
namespace {

TEST(Command, IsReadBackAsWritten) {
    std::vector<Command> const rows = {
        {"createStream", 4, amf0::Null{}, {}},
        {"publish", 5, amf0::Null{}, {"in?user=u&pass=p", "live"}},
        {"connect", 1, amf0::Object{}.with("app", "live"), {}},
        {"_result", 4, amf0::Null{}, {1.0}},
        {"", 0, amf0::Undefined{}, {}},
    };
    for (auto const& row : rows) {
        auto const back = read_command(write_command(row));
        ASSERT_TRUE(back) << row.name;
        EXPECT_EQ(*back, row);
    }
}

TEST(Command, IsReadLeniently) {
    struct Row {
        base::Bytes body;
        Command command;
    };
    std::vector<Row> const rows = {
        {amf0::write_all({"a"}), {"a", 0, amf0::Null{}, {}}},
        {amf0::write_all({"a", 7.0}), {"a", 7, amf0::Null{}, {}}},
        {amf0::write_all({"a", "7", "x"}), {"a", 0, "x", {}}},
    };
    for (auto const& row : rows) {
        auto const command = read_command(row.body);
        ASSERT_TRUE(command);
        EXPECT_EQ(*command, row.command);
    }
}

TEST(Command, KeepsATransactionIdThatIsNoNumber) {
    auto const command = read_command(amf0::write_all({"a", std::nan("")}));
    ASSERT_TRUE(command);
    EXPECT_TRUE(std::isnan(command->transaction_id));
    EXPECT_TRUE(std::isnan(read_command(write_command(*command))->transaction_id));
}

TEST(Command, WithoutANameOrWithABrokenValueIsRefused) {
    struct Row {
        base::Bytes body;
        std::string_view error;
    };
    std::vector<Row> const rows = {
        {{}, "invalid command: it has no name"},
        {amf0::write_all({1.0}), "invalid command: it has no name"},
        {hex("07 0000"), "invalid command: unsupported marker 0x07"},
        {hex("02 0005 61"), "invalid command: AMF0 value is cut off"},
    };
    for (auto const& row : rows) {
        auto const command = read_command(row.body);
        ASSERT_FALSE(command);
        EXPECT_EQ(command.error().text, row.error);
    }
}

TEST(Command, EndsAtAValueThatCannotBeRead) {
    auto const head = amf0::write_all({"a", 7.0, amf0::Null{}, "x"});
    for (std::string const marker : {"04", "07", "0e", "11"}) {
        auto const command = read_command(joined({head, hex(marker), amf0::write_all({"y"})}));
        ASSERT_TRUE(command) << marker;
        EXPECT_EQ(command->name, "a");
        EXPECT_EQ(command->transaction_id, 7);
        EXPECT_EQ(command->arguments, std::vector<amf0::Value>{"x"});
        EXPECT_EQ(command->unread, "unsupported marker 0x" + marker);
    }
    auto const cut = read_command(hex("02 0001 61 00 3ff0"));
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->unread, "AMF0 value is cut off");
}

TEST(Command, GivesOnlyStringsAsStringArguments) {
    Command const command{"publish", 0, amf0::Null{}, {"key", 1.0}};
    ASSERT_NE(command.string_argument(0), nullptr);
    EXPECT_EQ(*command.string_argument(0), "key");
    EXPECT_EQ(command.string_argument(1), nullptr);
    EXPECT_EQ(command.string_argument(2), nullptr);
}

}  // namespace
}  // namespace tidegate::rtmp::test
