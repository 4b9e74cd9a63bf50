// Command lines of our programs: each setting declared once, taken from flag > environment >
// default. parse() finds all errors together, each naming key, value and what is accepted. Never
// ends the process: it returns Run or Exit(code, text).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/duration.hpp"

namespace tidegate::config {

struct Run {};
// code 0: help or version, for stdout; 2 (or Flags::exit_code): the errors, for stderr. text ends
// in a newline.
struct Exit {
    int code = 0;
    std::string text;
};
using ParseResult = std::variant<Run, Exit>;

// What every program's bad configuration exits with, unless it says otherwise (design §7).
inline constexpr int kConfigurationExitCode = 2;

class Flags {
public:
    // name and about: for --help; version: what --version prints.
    Flags(std::string name, std::string about, std::string version);
    ~Flags();
    Flags(Flags const&) = delete;
    Flags& operator=(Flags const&) = delete;

    // name: "listen" is --listen on the command line; environment: "LISTEN", empty for none. The
    // target's value at declaration is the default; it is written by parse() and must outlive it.
    class Setting {
    public:
        // Must be given, by flag or environment (an empty string counts as not given).
        Setting& required();  // not empty: given, or a default
        // Shown in --help and errors instead of the type: "HOST:PORT".
        Setting& accepts(std::string text);
        // Bounds of a number or a duration, both included.
        Setting& between(std::int64_t low, std::int64_t high);
        Setting& between(base::Duration low, base::Duration high);
        // Errors do not repeat the value: it may hold credentials.
        Setting& hidden();
        // One of these words.
        Setting& one_of(std::vector<std::string> words);
        // Any other rule: returns what is accepted, or nullopt when the value is fine.
        Setting& check(std::function<std::optional<std::string>(std::string const&)> rule);

    private:
        friend class Flags;
        struct State;
        explicit Setting(State& state) : state_(&state) {}
        State* state_;
    };

    // The one argument without dashes, in any place of the command line; it has no variable. name:
    // for --help.
    Setting argument(std::string name, std::string about, std::string& target);
    Setting text(std::string name, std::string environment, std::string about, std::string& target);
    Setting number(std::string name, std::string environment, std::string about,
                   std::int64_t& target);
    Setting duration(std::string name, std::string environment, std::string about,
                     base::Duration& target);
    // --name, --name=false, --no-name; environment true/false/1/0/yes/no.
    Setting flag(std::string name, std::string environment, std::string about, bool& target);
    // Repeatable; in the environment separated by commas.
    Setting list(std::string name, std::string environment, std::string about,
                 std::vector<std::string>& target);

    // From the environment only: everybody on the machine may read a program's arguments. --help
    // names it, errors never show it.
    Setting secret(std::string environment, std::string about, std::string& target);

    // A rule over several settings, looked at when each of them is fine by itself, whatever else is
    // wrong: returns the error, a line without its end, or nullopt. Their targets hold the values.
    void together(std::vector<Setting> settings, std::function<std::optional<std::string>()> rule);

    // environment: NAME=value each, as in ::environ. exit_code: for errors (stream-worker: 10).
    ParseResult parse(std::vector<std::string> const& arguments,
                      std::vector<std::string> const& environment,
                      int exit_code = kConfigurationExitCode);
    // From main(): argv without the program's name, and this process's environment.
    ParseResult parse(int argc, char const* const* argv, int exit_code = kConfigurationExitCode);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidegate::config
