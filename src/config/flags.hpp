// The command lines of our programs. A setting is declared once. Its value comes from the flag, or
// else from the environment, or else is the default; an empty variable counts as none. parse()
// reports all errors together; each names the flag or variable, the value, and what is accepted. It
// never ends the process, but returns Run or Exit. Used by main(), on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/duration.hpp"

namespace tidegate::config {

// The program is to run with the values that were stored.
struct Run {};
// The program is to print the text and to exit. code 0: help or version, for stdout. Any other
// code: the errors, for stderr.
struct Exit {
    int code = 0;
    std::string text;  // ends with a line feed
};
using ParseResult = std::variant<Run, Exit>;

// Prints the text to where it belongs. Returns the exit code.
int leave(Exit const& exit);

// The exit code of a bad configuration, in all programs but stream-worker and media-router.
inline constexpr int kConfigurationExitCode = 2;

class Flags {
public:
    // name, about: what --help prints of the program. version: what --version prints.
    Flags(std::string name, std::string about, std::string version);
    ~Flags();
    Flags(Flags const&) = delete;
    Flags& operator=(Flags const&) = delete;

    // A setting that was declared. In the functions below, name "listen" means --listen on the
    // command line; environment is the name of the variable, "LISTEN", or empty if there is none;
    // about is its line in --help. What the target holds when the setting is declared is the
    // default. parse() writes the target, which must outlive the call.
    class Setting {
    public:
        // It must have a value that is not empty, from flag, environment or default.
        Setting& required();
        // What --help and errors show as its form, instead of its type: "HOST:PORT".
        Setting& accepts(std::string text);
        // The bounds of a number or a duration, both included.
        Setting& between(std::int64_t low, std::int64_t high);
        Setting& between(base::Duration low, base::Duration high);
        // Errors do not repeat the value: it may hold credentials.
        Setting& hidden();
        // It must be one of these words.
        Setting& one_of(std::vector<std::string> words);
        // Any other rule for the value as text. The rule returns what is accepted; nullopt: the
        // value is fine.
        Setting& check(std::function<std::optional<std::string>(std::string const&)> rule);

    private:
        friend class Flags;
        struct State;
        explicit Setting(State& state) : state_(&state) {}
        State* state_;
    };

    // The one argument without dashes, at any place of the command line. It has no variable. name:
    // for --help and errors only.
    Setting argument(std::string name, std::string about, std::string& target);
    Setting text(std::string name, std::string environment, std::string about, std::string& target);
    Setting number(std::string name, std::string environment, std::string about,
                   std::int64_t& target);
    Setting duration(std::string name, std::string environment, std::string about,
                     base::Duration& target);
    // --name, --name=false or --no-name. In the environment: true, false, 1, 0, yes, no, on or off.
    Setting flag(std::string name, std::string environment, std::string about, bool& target);
    // May be repeated. In the environment, its values are separated by commas.
    Setting list(std::string name, std::string environment, std::string about,
                 std::vector<std::string>& target);

    // From the environment only, since everybody on the machine can read a program's arguments.
    // --help names it; errors never show its value.
    Setting secret(std::string environment, std::string about, std::string& target);

    // A rule over several settings. It is called if each of these is fine by itself, even if others
    // are wrong; the targets then have their new values. It returns the error, without a line feed;
    // nullopt: all is fine.
    void together(std::vector<Setting> settings, std::function<std::optional<std::string>()> rule);

    // Stores all values, or none if anything is wrong. arguments: without the program's name.
    // environment: NAME=value each. exit_code: of the Exit if anything is wrong.
    ParseResult parse(std::vector<std::string> const& arguments,
                      std::vector<std::string> const& environment,
                      int exit_code = kConfigurationExitCode);
    // The same with what main() gets, and with the environment of this process.
    ParseResult parse(int argc, char const* const* argv, int exit_code = kConfigurationExitCode);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::config
