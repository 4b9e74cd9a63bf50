#include "router/hooks/hook_command.hpp"

#include <cstdint>

namespace tidegate::router {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}
bool is_name_start(char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
// Names of one character that a shell has, and that os.Expand therefore eats.
bool is_special(char c) {
    return is_digit(c) || std::string_view("*#$@!?-").contains(c);
}

// Reads one word of a command, quote by quote.
class WordReader {
public:
    explicit WordReader(std::string_view text) : rest_(text) {}

    bool at_end() {
        while (!rest_.empty()) {
            if (is_blank(rest_.front())) {
                rest_.remove_prefix(1);
            } else if (rest_.starts_with("\\\n")) {  // a continued line
                rest_.remove_prefix(2);
            } else {
                return false;
            }
        }
        return true;
    }

    std::expected<std::string, std::string> word() {
        std::string word;
        while (!rest_.empty() && !is_blank(rest_.front())) {
            auto const c = take();
            std::string_view problem;
            if (c == '\'') {
                problem = single_quoted(word);
            } else if (c == '"') {
                problem = double_quoted(word);
            } else if (c == '\\') {
                problem = escaped(word);
            } else {
                word += c;
            }
            if (!problem.empty()) return std::unexpected(std::string(problem));
        }
        return word;
    }

private:
    char take() {
        auto const c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::string_view single_quoted(std::string& word) {
        auto const end = rest_.find('\'');
        if (end == rest_.npos) return "Unterminated single-quoted string";
        word += rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return {};
    }

    // Inside double quotes a backslash only escapes $ ` " \ and a newline.
    std::string_view double_quoted(std::string& word) {
        while (!rest_.empty()) {
            auto const c = take();
            if (c == '"') return {};
            if (c != '\\' || rest_.empty()) {
                word += c;
                continue;
            }
            auto const next = take();
            if (next == '\n') continue;
            if (!std::string_view("$`\"\\").contains(next)) word += '\\';
            word += next;
        }
        return "Unterminated double-quoted string";
    }

    std::string_view escaped(std::string& word) {
        if (rest_.empty()) return "Unterminated backslash-escape";
        auto const next = take();
        if (next != '\n') word += next;
        return {};
    }

    std::string_view rest_;
};

struct Name {
    std::string_view text;   // empty: nothing is put in its place
    std::size_t length = 0;  // characters after the '$' that are consumed
};

// What stands behind a '$' in braces. "${}" and "${X:-y}" are eaten whole, "${" alone.
Name braced_name(std::string_view rest) {
    if (rest.size() > 2 && is_special(rest[1]) && rest[2] == '}') return {rest.substr(1, 1), 3};
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] != '}') continue;
        return i == 1 ? Name{{}, 2} : Name{rest.substr(1, i - 1), i + 1};
    }
    return {{}, 1};
}

Name name_behind_dollar(std::string_view rest) {
    if (rest.front() == '{') return braced_name(rest);
    if (is_special(rest.front())) return {rest.substr(0, 1), 1};
    std::size_t length = 0;
    while (length < rest.size() && (is_name_start(rest[length]) || is_digit(rest[length]))) {
        ++length;
    }
    return {rest.substr(0, length), length};
}

}  // namespace

std::expected<std::vector<std::string>, std::string> split_command(std::string_view command) {
    if (command.size() > kMaxCommandBytes) {
        return std::unexpected("command is longer than " + std::to_string(kMaxCommandBytes) +
                               " bytes");
    }
    std::vector<std::string> words;
    WordReader reader(command);
    while (!reader.at_end()) {
        auto word = reader.word();
        if (!word) return std::unexpected(word.error());
        words.push_back(std::move(*word));
    }
    return words;
}

std::string expand_variables(std::string_view word,
                             std::function<std::string_view(std::string_view)> const& value) {
    std::string result;
    while (true) {
        auto const dollar = word.find('$');
        result += word.substr(0, dollar);
        if (dollar == word.npos) return result;
        word.remove_prefix(dollar + 1);
        if (word.empty()) return result + '$';
        auto const name = name_behind_dollar(word);
        if (name.length == 0) {
            result += '$';  // not a name: the sign stays
        } else if (!name.text.empty()) {
            result += value(name.text);
        }
        word.remove_prefix(name.length);
    }
}

std::string query_escape(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (char const c : text) {
        if (is_name_start(c) || is_digit(c) || c == '-' || c == '.' || c == '~') {
            result += c;
        } else if (c == ' ') {
            result += '+';
        } else {
            auto const byte = static_cast<std::uint8_t>(c);
            result += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return result;
}

}  // namespace tidegate::router
