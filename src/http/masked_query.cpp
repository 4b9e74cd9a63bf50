#include "http/masked_query.hpp"

#include <boost/url/encoding_opts.hpp>
#include <boost/url/pct_string_view.hpp>

#include "base/secret_parameter.hpp"

namespace tidegate::http {

namespace urls = boost::urls;

namespace {

std::string decode(std::string_view text) {
    auto const escaped = urls::make_pct_string_view(text);
    return escaped ? escaped->decode(urls::encoding_opts(true)) : std::string(text);
}

}  // namespace

std::string masked_query(std::string_view query) {
    std::string masked;
    masked.reserve(query.size());
    while (true) {
        auto const end = query.find_first_of("&;");
        auto const pair = query.substr(0, end);
        auto const equals = pair.find('=');
        if (equals != pair.npos && base::is_secret_parameter(decode(pair.substr(0, equals)))) {
            masked.append(pair.substr(0, equals + 1)).append("***");
        } else {
            masked.append(pair);
        }
        if (end == query.npos) return masked;
        masked += query[end];
        query.remove_prefix(end + 1);
    }
}

}  // namespace tidegate::http
