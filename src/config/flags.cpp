#include "config/flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <deque>

#include "base/number.hpp"
#include "config/process_environment.hpp"

namespace tidegate::config {

int leave(Exit const& exit) {
    std::fputs(exit.text.c_str(), exit.code == 0 ? stdout : stderr);
    return exit.code;
}

struct Flags::Setting::State {
    std::string name, environment;
    std::string shown_name;  // as it is written on the command line: "--listen"
    std::string accepts;
    bool is_list = false;
    bool is_required = false;
    bool has_default = false;
    bool is_hidden = false;
    std::optional<std::pair<std::int64_t, std::int64_t>> bounds;  // of numbers and durations
    std::vector<std::function<std::optional<std::string>(std::string const&)>> rules;
    // Reads a text as the setting's kind and keeps it for store(); the error is what is accepted.
    std::function<std::optional<std::string>(std::vector<std::string> const&)> read;
    std::function<void()> store;
    std::function<void()> restore;  // what was there before store()
    bool is_wrong = false;

    template <class T>
    void keep(T& target, T value) {
        store = [&target, value = std::move(value)] { target = value; };
        restore = [&target, before = target] { target = before; };
    }

    bool is_within_bounds(std::int64_t value) const {
        return !bounds || (value >= bounds->first && value <= bounds->second);
    }

    // The last value as it stands.
    void read_text_into(std::string& target) {
        read = [this, &target](auto const& values) -> std::optional<std::string> {
            keep(target, values.back());
            return std::nullopt;
        };
    }

    CLI::Option* option = nullptr;   // null: a secret, which no argument can be
    std::string text;                // what CLI11 read
    std::vector<std::string> texts;  // of a list
};

namespace {

constexpr std::string_view kDurationForm = "a duration like 500ms, 10s or 2m";

std::string between_text(std::string_view low, std::string_view high) {
    return " from " + std::string(low) + " to " + std::string(high);
}

std::vector<std::string> split_list(std::string const& text) {
    std::vector<std::string> items;
    for (std::size_t start = 0; !text.empty() && start <= text.size();) {
        auto const comma = std::min(text.find(',', start), text.size());
        items.push_back(text.substr(start, comma - start));
        start = comma + 1;
    }
    return items;
}

std::optional<bool> bool_of(std::string const& text) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
    return std::nullopt;
}

}  // namespace

class Flags::Impl {
public:
    using State = Setting::State;

    Impl(std::string name, std::string about, std::string const& version)
        : app_(std::move(about), std::move(name)) {
        app_.set_version_flag("--version", version);
        app_.allow_extras();
    }

    enum class Form : std::uint8_t { option, flag, list, argument };

    State& add(std::string name, std::string environment, std::string const& about,
               std::string accepts, Form form = Form::option) {
        auto& state = states_.emplace_back();
        state.name = std::move(name);
        state.environment = std::move(environment);
        state.accepts = std::move(accepts);
        state.is_list = form == Form::list;
        state.shown_name = (form == Form::argument ? "" : "--") + state.name;
        auto const& shown = state.shown_name;
        if (form == Form::flag) {
            state.option = app_.add_flag(shown + ",!--no-" + state.name, state.text, about);
        } else if (form == Form::list) {
            state.option = app_.add_option(shown, state.texts, about)->allow_extra_args(false);
        } else {
            state.option = app_.add_option(shown, state.text, about);
        }
        return state;
    }

    State& add_secret(std::string environment, std::string const& about) {
        auto& state = states_.emplace_back();
        state.environment = std::move(environment);
        state.accepts = "TEXT";
        state.is_hidden = true;
        secrets_ += (secrets_.empty() ? "From the environment only:" : "") + std::string("\n  ") +
                    state.environment + ": " + about;
        app_.footer(secrets_);
        return state;
    }

    ParseResult parse(std::vector<std::string> arguments, Environment const& environment,
                      int exit_code) {
        label();
        std::string errors;
        try {
            std::ranges::reverse(arguments);  // CLI11 takes them from the back
            app_.parse(arguments);
        } catch (CLI::CallForHelp const&) {
            return Exit{0, app_.help()};
        } catch (CLI::CallForVersion const&) {
            return Exit{0, app_.version() + "\n"};
        } catch (CLI::ParseError const& error) {
            errors += std::string(error.what()) + "\n";
        }
        for (auto const& extra : app_.remaining()) {
            errors += "unknown argument \"" + extra + "\": see --help for what is accepted\n";
        }
        for (auto& state : states_) {
            auto const error = take(state, environment);
            state.is_wrong = !error.empty();
            errors += error;
            if (!state.is_wrong && state.store) state.store();
        }
        for (auto const& rule : rules_) errors += check(rule);
        if (errors.empty()) return Run{};
        for (auto& state : states_) {
            if (state.restore) state.restore();
        }
        return Exit{exit_code, errors};
    }

    void add_rule(std::vector<Setting> const& settings,
                  std::function<std::optional<std::string>()> check) {
        auto& rule = rules_.emplace_back();
        for (auto const& setting : settings) rule.settings.push_back(setting.state_);
        rule.check = std::move(check);
    }

private:
    struct Rule {
        std::vector<State const*> settings;
        std::function<std::optional<std::string>()> check;
    };

    // A setting that is wrong by itself says nothing about the others.
    static std::string check(Rule const& rule) {
        if (std::ranges::any_of(rule.settings, &State::is_wrong)) return {};
        auto const error = rule.check();
        return error ? *error + "\n" : std::string{};
    }

    // What --help shows behind each name; known only after all rules were declared.
    void label() {
        for (auto& state : states_) {
            auto text = state.accepts;
            if (!state.environment.empty()) text += " (or " + state.environment + ")";
            if (state.option != nullptr) state.option->type_name(text);
        }
    }

    static std::optional<std::string> variable(Environment const& environment,
                                               std::string const& name) {
        if (name.empty()) return std::nullopt;
        std::optional<std::string> value;
        for (auto const& entry : environment) {
            bool const named =
                entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=';
            if (named) value = entry.substr(name.size() + 1);
        }
        // Unset and empty are the same, as compose files write ${X:-}.
        return value && !value->empty() ? value : std::nullopt;
    }

    static std::string names(State const& state) {
        if (state.name.empty()) return state.environment;
        auto const& shown = state.shown_name;
        return state.environment.empty() ? shown : shown + " or " + state.environment;
    }

    // Chooses flag over environment, checks, and keeps; returns the errors, a line each.
    static std::string take(State& state, Environment const& environment) {
        std::vector<std::string> values;
        std::string source = state.shown_name;
        if (state.option != nullptr && state.option->count() != 0) {
            values = state.is_list ? state.texts : std::vector{state.text};
        } else if (auto value = variable(environment, state.environment)) {
            values = state.is_list ? split_list(*value) : std::vector{*value};
            source = state.environment;
        }
        bool const given = std::ranges::any_of(values, [](auto const& v) { return !v.empty(); });
        bool const falls_back = state.has_default && values.empty();
        if (!given && state.is_required && !falls_back) {
            return names(state) + " must be given: " + state.accepts + "\n";
        }
        if (values.empty()) return {};
        std::optional<std::string> wanted;
        for (auto const& value : values) {
            for (auto const& rule : state.rules) {
                if (!wanted) wanted = rule(value);
            }
        }
        if (!wanted) wanted = state.read(values);
        if (!wanted) return {};
        std::string shown;
        for (auto const& value : values) shown += (shown.empty() ? "" : ",") + value;
        if (state.is_hidden) shown = "***";
        return source + "=\"" + shown + "\" is not accepted: expected " + *wanted + "\n";
    }

    CLI::App app_;
    std::deque<State> states_;  // their addresses are given to CLI11
    std::vector<Rule> rules_;
    std::string secrets_;  // --help's lines about them
};

Flags::Flags(std::string name, std::string about, std::string version)
    : impl_(std::make_unique<Impl>(std::move(name), std::move(about), version)) {}
Flags::~Flags() = default;

Flags::Setting Flags::argument(std::string name, std::string about, std::string& target) {
    auto& state = impl_->add(std::move(name), {}, about, "TEXT", Impl::Form::argument);
    state.read_text_into(target);
    return Setting(state);
}

Flags::Setting Flags::text(std::string name, std::string environment, std::string about,
                           std::string& target) {
    auto& state = impl_->add(std::move(name), std::move(environment),
                             about + (target.empty() ? "" : " [" + target + "]"), "TEXT");
    state.has_default = !target.empty();
    state.read_text_into(target);
    return Setting(state);
}

Flags::Setting Flags::number(std::string name, std::string environment, std::string about,
                             std::int64_t& target) {
    auto& state = impl_->add(std::move(name), std::move(environment),
                             about + " [" + std::to_string(target) + "]", "a whole number");
    state.read = [&state, &target](auto const& values) -> std::optional<std::string> {
        auto const number = base::parse_number<std::int64_t>(values.back());
        if (!number || !state.is_within_bounds(*number)) return state.accepts;
        state.keep(target, *number);
        return std::nullopt;
    };
    return Setting(state);
}

Flags::Setting Flags::duration(std::string name, std::string environment, std::string about,
                               base::Duration& target) {
    auto& state =
        impl_->add(std::move(name), std::move(environment),
                   about + " [" + base::format_duration(target) + "]", std::string(kDurationForm));
    state.read = [&state, &target](auto const& values) -> std::optional<std::string> {
        auto const value = base::parse_duration(values.back());
        if (!value || !state.is_within_bounds(value->count())) return state.accepts;
        state.keep(target, *value);
        return std::nullopt;
    };
    return Setting(state);
}

Flags::Setting Flags::flag(std::string name, std::string environment, std::string about,
                           bool& target) {
    auto& state =
        impl_->add(std::move(name), std::move(environment),
                   about + (target ? " [true]" : " [false]"), "true or false", Impl::Form::flag);
    state.read = [&state, &target](auto const& values) -> std::optional<std::string> {
        auto const value = bool_of(values.back());
        if (!value) return state.accepts;
        state.keep(target, *value);
        return std::nullopt;
    };
    return Setting(state);
}

Flags::Setting Flags::list(std::string name, std::string environment, std::string about,
                           std::vector<std::string>& target) {
    auto& state =
        impl_->add(std::move(name), std::move(environment), about, "TEXT", Impl::Form::list);
    state.read = [&state, &target](auto const& values) -> std::optional<std::string> {
        state.keep(target, values);
        return std::nullopt;
    };
    return Setting(state);
}

Flags::Setting Flags::secret(std::string environment, std::string about, std::string& target) {
    auto& state = impl_->add_secret(std::move(environment), about);
    state.read_text_into(target);
    return Setting(state);
}

void Flags::together(std::vector<Setting> settings,
                     std::function<std::optional<std::string>()> rule) {
    impl_->add_rule(settings, std::move(rule));
}

ParseResult Flags::parse(std::vector<std::string> const& arguments,
                         std::vector<std::string> const& environment, int exit_code) {
    return impl_->parse(arguments, environment, exit_code);
}

ParseResult Flags::parse(int argc, char const* const* argv, int exit_code) {
    std::vector<std::string> const arguments(argv + std::min(argc, 1), argv + argc);
    return parse(arguments, process_environment(), exit_code);
}

Flags::Setting& Flags::Setting::required() {
    state_->is_required = true;
    return *this;
}
Flags::Setting& Flags::Setting::accepts(std::string text) {
    state_->accepts = std::move(text);
    return *this;
}
Flags::Setting& Flags::Setting::between(std::int64_t low, std::int64_t high) {
    state_->bounds = {low, high};
    state_->accepts += between_text(std::to_string(low), std::to_string(high));
    return *this;
}
Flags::Setting& Flags::Setting::between(base::Duration low, base::Duration high) {
    state_->bounds = {low.count(), high.count()};
    state_->accepts += between_text(base::format_duration(low), base::format_duration(high));
    return *this;
}
Flags::Setting& Flags::Setting::hidden() {
    state_->is_hidden = true;
    return *this;
}
Flags::Setting& Flags::Setting::one_of(std::vector<std::string> words) {
    std::string text;
    for (auto const& word : words) text += (text.empty() ? "" : "|") + word;
    state_->accepts = text;
    return check([words = std::move(words), text](std::string const& value) {
        bool const known = std::ranges::find(words, value) != words.end();
        return known ? std::nullopt : std::optional(text);
    });
}
Flags::Setting& Flags::Setting::check(
    std::function<std::optional<std::string>(std::string const&)> rule) {
    state_->rules.push_back(std::move(rule));
    return *this;
}

}  // namespace tidegate::config
