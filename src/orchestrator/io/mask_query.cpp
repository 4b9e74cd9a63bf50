#include "orchestrator/io/mask_query.hpp"

#include <boost/url/encoding_opts.hpp>
#include <boost/url/pct_string_view.hpp>

#include "orchestrator/core/params.hpp"

namespace tidegate::orchestrator {

namespace urls = boost::urls;

namespace {

std::string decode(std::string_view text) {
    auto const escaped = urls::make_pct_string_view(text);
    return escaped ? escaped->decode(urls::encoding_opts(true)) : std::string(text);
}

}  // namespace

std::string mask_query(std::string_view wrapped) {
    auto const unwrapped = unwrap_query(wrapped);
    std::string_view query = unwrapped;
    std::string masked;
    masked.reserve(query.size());
    while (true) {
        auto const end = query.find_first_of("&;");
        auto const pair = query.substr(0, end);
        auto const equals = pair.find('=');
        if (equals != pair.npos && is_secret_key(decode(pair.substr(0, equals)))) {
            masked.append(pair.substr(0, equals + 1)).append("***");
        } else {
            masked.append(pair);
        }
        if (end == query.npos) return masked;
        masked += query[end];
        query.remove_prefix(end + 1);
    }
}

std::string shown_query(std::string_view masked) {
    if (masked.size() <= kMaxShownQueryBytes) return std::string(masked);
    auto const is_inside = [&](std::size_t at) {
        return (static_cast<unsigned char>(masked[at]) & 0xC0U) == 0x80U;
    };
    auto end = kMaxShownQueryBytes;
    while (end != 0 && is_inside(end)) --end;
    return std::string(masked.substr(0, end)) + "…";
}

}  // namespace tidegate::orchestrator
