#include "orchestrator/core/params.hpp"

#include <algorithm>
#include <array>
#include <boost/url/parse_query.hpp>
#include <boost/url/pct_string_view.hpp>
#include <optional>
#include <utility>

#include "base/secret_parameter.hpp"
#include "base/utf8.hpp"

namespace tidegate::orchestrator {

namespace urls = boost::urls;

namespace {

constexpr std::string_view kFlag = "--param";  // of stream-worker

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_control(std::string_view sequence) {
    auto const first = static_cast<unsigned char>(sequence[0]);
    auto const c1 = first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
    return first < 0x20 || first == 0x7f || c1;
}

std::optional<std::string> decode(std::string_view encoded) {
    auto const view = urls::make_pct_string_view(encoded);
    if (!view) return std::nullopt;
    urls::encoding_opts options;
    options.space_as_plus = true;
    return view->decode(options);
}

class QueryReader {
public:
    ParsedQuery read(std::string_view query) {
        std::size_t pairs = 0;
        while (!query.empty()) {
            auto const end = query.find('&');
            auto const pair = query.substr(0, end);
            query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
            if (pair.empty()) continue;
            if (++pairs > kMaxQueryPairs) {
                reject({}, ParamError::too_many);
                break;
            }
            take(pair);
        }
        return std::move(result_);
    }

private:
    void take(std::string_view pair) {
        // Each pair is parsed by itself, so that a bad one does not make the others unreadable.
        auto const parsed = urls::parse_query(pair);
        if (!parsed || parsed->size() != 1) return reject({}, ParamError::bad_encoding);
        auto const param = *parsed->begin();
        auto key = decode(param.key);
        if (!key) return reject({}, ParamError::bad_encoding);
        if (base::is_secret_parameter(*key)) return;
        if (!is_param_key(*key)) return reject({}, ParamError::bad_key);
        auto value = decode(param.value);
        if (!value) return reject(*key, ParamError::bad_encoding);
        keep(*std::move(key), *std::move(value));
    }

    void keep(std::string key, std::string value) {
        if (value.size() > kMaxParamValueLength) return reject(key, ParamError::value_too_long);
        if (!is_param_value(value)) return reject(key, ParamError::value_not_text);
        if (result_.params.contains(key)) return reject(key, ParamError::duplicate);
        if (result_.params.size() >= kMaxParams) return reject(key, ParamError::too_many);
        result_.params.emplace(std::move(key), std::move(value));
    }

    void reject(std::string_view key, ParamError error) {
        if (result_.rejected.size() >= kMaxParams) return;
        result_.rejected.push_back({std::string(key), error});
    }

    ParsedQuery result_;
};

}  // namespace

std::string_view describe(ParamError error) {
    static constexpr std::array<std::string_view, 7> kWords{
        "the query is too long",
        "too many parameters",
        "the key is not [a-z][a-z0-9_-]{0,31}",
        "not valid percent-encoding",
        "the value is too long",
        "the value holds control characters or is not UTF-8",
        "repeated; the first one counts"};
    return kWords.at(static_cast<std::size_t>(error));
}

std::string unwrap_query(std::string_view query) {
    auto const is_wrapped =
        query.find_first_of("=&") == std::string_view::npos && query.contains('%');
    if (is_wrapped) {
        if (auto inner = decode(query)) return *std::move(inner);
    }
    return std::string(query);
}

ParsedQuery parse_query(std::string_view query) {
    if (query.starts_with('?')) query.remove_prefix(1);
    if (query.size() > kMaxQueryLength) return {{}, {{{}, ParamError::query_too_long}}};
    return QueryReader{}.read(unwrap_query(query));
}

bool is_param_key(std::string_view key) {
    return !key.empty() && key.size() <= kMaxParamKeyLength && is_lower(key[0]) &&
           std::ranges::all_of(
               key, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

bool is_param_value(std::string_view value) {
    if (value.size() > kMaxParamValueLength) return false;
    while (!value.empty()) {
        auto const length = base::utf8_length(value);
        if (length == 0 || is_control(value.substr(0, length))) return false;
        value.remove_prefix(length);
    }
    return true;
}

std::vector<std::string> to_arguments(Params const& params) {
    std::vector<std::string> arguments;
    for (auto const& [key, value] : params) {
        arguments.emplace_back(kFlag);
        arguments.push_back(key + "=" + value);
    }
    return arguments;
}

Params from_arguments(std::vector<std::string> const& arguments) {
    Params params;
    bool value_follows = false;
    for (auto const& word : arguments) {
        auto const equals = word.find('=');
        if (value_follows && equals != std::string::npos) {
            params[word.substr(0, equals)] = word.substr(equals + 1);
        }
        value_follows = word == kFlag;
    }
    return params;
}

}  // namespace tidegate::orchestrator
