#include "event.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/locale/utf.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <utility>

namespace tidegate::hook {

namespace json = boost::json;
namespace urls = boost::urls;

namespace {

urls::encoding_opts form_encoding() {
    return urls::encoding_opts(true);
}  // a blank is a +

constexpr std::pair<std::string_view, std::string_view> kSourceTypes[] = {
    {"rtmpConn", "rtmp"},        {"rtmpsConn", "rtmp"},      {"rtmpSource", "rtmp"},
    {"rtspSession", "rtsp"},     {"rtspsSession", "rtsp"},   {"rtspSource", "rtsp"},
    {"webRTCSession", "webrtc"}, {"webRTCSource", "webrtc"}, {"srtConn", "srt"},
    {"srtSource", "srt"},        {"moqSession", "moq"},      {"moqSource", "moq"},
    {"hlsSource", "hls"},        {"rtpSource", "rtp"},       {"mpegtsSource", "mpegts"},
};

std::string_view reason(Failure failure) {
    switch (failure) {
        case Failure::usage:
            return "usage";
        case Failure::bad_url:
            return "bad_url";
        case Failure::unreachable:
            return "unreachable";
        case Failure::timeout:
            return "timeout";
        case Failure::http_status:
            return "http_status";
        case Failure::untrusted:
            return "untrusted";
        case Failure::protocol:
            break;
    }
    return "protocol";
}

}  // namespace

std::expected<std::string, Error> required(Environment const& environment, char const* name) {
    auto const* value = environment(name);
    if (value != nullptr && *value != '\0') return value;
    return std::unexpected(Error{Failure::usage, std::string(name) + " is not set"});
}

std::expected<Event, Error> read_event(Environment const& environment) {
    Event event;
    for (auto const& [name, target] :
         {std::pair{"MTX_PATH", &event.path}, std::pair{"MTX_SOURCE_TYPE", &event.source_type},
          std::pair{"MTX_SOURCE_ID", &event.source_id}}) {
        auto value = required(environment, name);
        if (!value) return std::unexpected(value.error());
        *target = std::move(*value);
    }
    event.source_type = normalise_source_type(event.source_type);
    if (auto const* query = environment("MTX_QUERY")) event.query = decode_query(query);
    return event;
}

std::string decode_query(std::string_view value) {
    auto const escaped = urls::make_pct_string_view(value);
    if (!escaped) return std::string(value);
    auto decoded = escaped->decode(form_encoding());
    auto const encoded_again = urls::encode(decoded, urls::unreserved_chars, form_encoding());
    return encoded_again == value ? decoded : std::string(value);
}

std::string_view normalise_source_type(std::string_view type) {
    auto const* found = std::ranges::find(kSourceTypes, type, [](auto& row) { return row.first; });
    return found == std::end(kSourceTypes) ? type : found->second;
}

std::string to_utf8(std::string_view bytes) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    std::string text;
    auto const* const end = bytes.data() + bytes.size();
    for (auto const* next = bytes.data(); next != end;) {
        auto const* const begin = next;
        if (boost::locale::utf::is_valid_codepoint(Utf8::decode(next, end))) {
            text.append(begin, next);
        } else {
            next = begin + 1;
            text += urls::encode(std::string_view(begin, 1), urls::unreserved_chars);
        }
    }
    return text;
}

std::string to_json(Event const& event) {
    return json::serialize(json::object{{"path", to_utf8(event.path)},
                                        {"query", to_utf8(event.query)},
                                        {"sourceType", to_utf8(event.source_type)},
                                        {"sourceId", to_utf8(event.source_id)}});
}

std::string failure_line(Error const& error, std::string_view timestamp, Event const& event,
                         std::string_view correlation_id) {
    json::object line{{"ts", timestamp},
                      {"level", "error"},
                      {"component", "mtx-hook"},
                      {"event", "hook.failed"},
                      {"msg", to_utf8(error.message)},
                      {"reason", reason(error.failure)}};
    if (error.http_status != 0) line["status"] = error.http_status;
    if (!event.path.empty()) line["path"] = to_utf8(event.path);
    if (!event.source_id.empty()) line["sourceId"] = to_utf8(event.source_id);
    line["correlationId"] = correlation_id;
    return json::serialize(line) + '\n';
}

}  // namespace tidegate::hook
