#include "config/flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Program {
    std::string listen = ":8080";
    std::string mode = "process";
    std::string router;
    std::int64_t workers = 100;
    base::Duration grace = 30s;
    bool stop = false;
    std::vector<std::string> params;
    Flags flags{"prog", "does things", "prog 1.0"};

    Program() {
        flags.text("listen", "LISTEN", "where to listen", listen).accepts("HOST:PORT");
        flags.text("mode", "MODE", "how", mode).one_of({"process", "none"});
        flags.text("router", "ROUTER", "the router", router);
        flags.number("max-workers", "MAX_WORKERS", "at most", workers).between(1, 1000);
        flags.duration("grace-period", "GRACE_PERIOD", "wait", grace)
            .between(base::Duration{0s}, base::Duration{1h});
        flags.flag("stop", "STOP", "stop workers", stop);
        flags.list("param", "PARAMS", "key=value", params);
    }
    ParseResult parse(std::vector<std::string> const& arguments,
                      std::vector<std::string> const& environment = {}) {
        return flags.parse(arguments, environment);
    }
};

std::string errors(ParseResult const& result) {
    auto const* exit = std::get_if<Exit>(&result);
    return exit == nullptr ? "" : exit->text;
}

TEST(Flags, KeepsDefaultsWhenNothingIsGiven) {
    Program program;
    ASSERT_TRUE(std::holds_alternative<config::Run>(program.parse({})));
    EXPECT_EQ(program.listen, ":8080");
    EXPECT_EQ(program.workers, 100);
    EXPECT_EQ(program.grace, 30s);
    EXPECT_FALSE(program.stop);
}

TEST(Flags, TakesOneArgumentWithoutDashesInAnyPlace) {
    for (auto const& line : {std::vector<std::string>{"my.yml", "--stop"}, {"--stop", "my.yml"}}) {
        Program program;
        std::string file = "usual.yml";
        program.flags.argument("file", "what to read", file);
        ASSERT_TRUE(std::holds_alternative<config::Run>(program.parse(line)));
        EXPECT_EQ(file, "my.yml");
        EXPECT_TRUE(program.stop);
        EXPECT_THAT(errors(program.parse({"a.yml", "b.yml"})),
                    HasSubstr("unknown argument \"b.yml\""));
        EXPECT_THAT(errors(program.parse({"--help"})), HasSubstr("file TEXT"));
    }
}

TEST(Flags, TakesTheFlagOverTheEnvironmentOverTheDefault) {
    Program program;
    auto const result =
        program.parse({"--listen", ":1", "--stop", "--param", "a=1", "--param=b=2"},
                      {"LISTEN=:2", "MAX_WORKERS=7", "GRACE_PERIOD=1m30s", "MODE=", "PARAMS=x"});
    ASSERT_TRUE(std::holds_alternative<config::Run>(result)) << errors(result);
    EXPECT_EQ(program.listen, ":1");
    EXPECT_EQ(program.workers, 7);
    EXPECT_EQ(program.grace, 90s);
    EXPECT_EQ(program.mode, "process");
    EXPECT_TRUE(program.stop);
    EXPECT_THAT(program.params, ElementsAre("a=1", "b=2"));
}

TEST(Flags, ReadsListsAndFlagsFromTheEnvironment) {
    Program program;
    auto const result = program.parse({}, {"PARAMS=a=1,b=2", "STOP=yes"});
    ASSERT_TRUE(std::holds_alternative<config::Run>(result)) << errors(result);
    EXPECT_THAT(program.params, ElementsAre("a=1", "b=2"));
    EXPECT_TRUE(program.stop);
}

TEST(Flags, SwitchesAFlagOffInTwoWays) {
    for (auto const* argument : {"--no-stop", "--stop=false"}) {
        Program program;
        auto const result = program.parse({argument}, {"STOP=true"});
        ASSERT_TRUE(std::holds_alternative<config::Run>(result)) << errors(result);
        EXPECT_FALSE(program.stop) << argument;
    }
}

TEST(Flags, NamesEveryErrorAtOnceAndChangesNothing) {
    Program program;
    auto const result =
        program.parse({"--mode", "docker", "--max-workers=0", "--bogus", "--stop=maybe"},
                      {"GRACE_PERIOD=10", "LISTEN=:9"});
    auto const* exit = std::get_if<Exit>(&result);
    ASSERT_NE(exit, nullptr);
    EXPECT_EQ(exit->code, 2);
    EXPECT_THAT(exit->text,
                HasSubstr("--mode=\"docker\" is not accepted: expected process|none\n"));
    EXPECT_THAT(exit->text,
                HasSubstr("--max-workers=\"0\" is not accepted: expected a whole number "
                          "from 1 to 1000\n"));
    EXPECT_THAT(exit->text, HasSubstr("GRACE_PERIOD=\"10\" is not accepted: expected a duration"));
    EXPECT_THAT(exit->text, HasSubstr("unknown argument \"--bogus\""));
    EXPECT_THAT(exit->text, HasSubstr("maybe"));
    EXPECT_EQ(program.listen, ":8080");
}

TEST(Flags, LooksAtARuleOverSeveralSettingsWhateverElseIsWrong) {
    base::Duration first = 1s;
    base::Duration last = 30s;
    std::int64_t other = 1;
    Flags flags("prog", "about", "1");
    auto const low = flags.duration("first", "FIRST", "delay", first);
    auto const high = flags.duration("last", "", "delay", last);
    flags.number("other", "", "number", other);
    flags.together({low, high}, [&]() -> std::optional<std::string> {
        if (first <= last) return std::nullopt;
        return "--first " + base::format_duration(first) + " is above --last";
    });
    EXPECT_EQ(errors(flags.parse({"--last", "5s"}, {"FIRST=10s"})),
              "--first 10s is above --last\n");
    EXPECT_EQ(first, 1s) << "nothing is changed";
    auto const both = errors(flags.parse({"--last=5s", "--other", "x"}, {"FIRST=10s"}));
    EXPECT_THAT(both, HasSubstr("--other"));
    EXPECT_THAT(both, HasSubstr("--first 10s is above --last\n"));
    // What is wrong by itself is compared with nothing.
    EXPECT_THAT(errors(flags.parse({"--last=soon"}, {"FIRST=40s"})), Not(HasSubstr("above")));
    EXPECT_EQ(errors(flags.parse({"--last=5s"}, {"FIRST=5s"})), "");
    EXPECT_EQ(first, 5s);
}

TEST(Flags, WantsWhatIsRequired) {
    std::string input;
    Flags flags("prog", "about", "1");
    flags.text("input", "INPUT", "url", input).required().accepts("rtsp://...");
    auto const result = flags.parse({}, {"INPUT="}, 10);
    auto const* exit = std::get_if<Exit>(&result);
    ASSERT_NE(exit, nullptr);
    EXPECT_EQ(exit->code, 10);
    EXPECT_EQ(exit->text, "--input or INPUT must be given: rtsp://...\n");
}

TEST(Flags, WhatIsRequiredMayComeFromADefaultButMayNotBeEmptied) {
    std::string command = "stream-worker";
    Flags flags("prog", "about", "1");
    flags.text("command", "COMMAND", "program", command).required();
    EXPECT_FALSE(std::holds_alternative<Exit>(flags.parse({}, {"COMMAND="}, 2)));
    EXPECT_EQ(command, "stream-worker");
    std::string other = "stream-worker";
    Flags emptied("prog", "about", "1");
    emptied.text("command", "COMMAND", "program", other).required();
    auto const result = emptied.parse({"--command", ""}, {}, 2);
    ASSERT_TRUE(std::holds_alternative<Exit>(result));
    EXPECT_EQ(std::get<Exit>(result).text, "--command or COMMAND must be given: TEXT\n");
}

TEST(Flags, MissesAnArgument) {
    Program program;
    auto const result = program.parse({"--listen"});
    EXPECT_THAT(errors(result), HasSubstr("--listen"));
}

TEST(Flags, TakesASecretFromTheEnvironmentOnly) {
    std::string password;
    Flags flags("prog", "does things", "prog 1.0");
    flags.secret("PASSWORD", "the user's password", password)
        .check([](std::string const& value) -> std::optional<std::string> {
            if (value.size() > 3) return std::nullopt;
            return "more than 3 characters";
        });
    EXPECT_EQ(errors(flags.parse({"--password", "long enough"}, {})),
              "unknown argument \"--password\": see --help for what is accepted\n"
              "unknown argument \"long enough\": see --help for what is accepted\n");
    EXPECT_EQ(errors(flags.parse(std::vector<std::string>{}, {"PASSWORD=abc"})),
              "PASSWORD=\"***\" is not accepted: expected more than 3 characters\n");
    EXPECT_EQ(password, "");
    EXPECT_EQ(errors(flags.parse(std::vector<std::string>{}, {"PASSWORD=correct horse"})), "");
    EXPECT_EQ(password, "correct horse");
    auto const help = errors(flags.parse({"--help"}, {"PASSWORD=correct horse"}));
    EXPECT_THAT(help, HasSubstr("PASSWORD: the user's password"));
    EXPECT_THAT(help, Not(HasSubstr("correct horse")));
}

TEST(Flags, ShowsHelpAndVersionWithCodeZero) {
    Program program;
    auto const help = program.parse({"--help"});
    ASSERT_TRUE(std::holds_alternative<Exit>(help));
    EXPECT_EQ(std::get<Exit>(help).code, 0);
    EXPECT_THAT(std::get<Exit>(help).text, HasSubstr("--grace-period"));
    EXPECT_THAT(std::get<Exit>(help).text, HasSubstr("GRACE_PERIOD"));
    Program other;
    EXPECT_EQ(errors(other.parse({"--version"})), "prog 1.0\n");
}

}  // namespace
}  // namespace tidegate::config
