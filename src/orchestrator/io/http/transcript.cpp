#include "orchestrator/io/http/transcript.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "http/json_text.hpp"
#include "media/web_vtt.hpp"
#include "orchestrator/core/dub_settings.hpp"
#include "orchestrator/io/http/problem.hpp"
#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

namespace {

constexpr std::string_view kWebVtt = "text/vtt";

bool speaks(DubCaption const& caption, std::string_view language) {
    return language.empty() || caption.language == language;
}

std::string web_vtt(StreamRecord const& record, std::string_view language, bool original) {
    std::string text = "WEBVTT\n";
    if (record.captions.empty()) return text;
    if (language.empty()) language = record.captions.back().language;
    text += fmt::format("\nNOTE 00:00:00.000 is {}, the language is {}\n",
                        to_text(record.captions_began), original ? "the source's" : language);
    for (auto const& caption : record.captions) {
        auto const& said = original ? caption.transcript : caption.translation;
        auto const begins = std::chrono::duration_cast<std::chrono::milliseconds>(
            caption.at - record.captions_began);
        if (!speaks(caption, language) || said.empty() || begins.count() < 0) continue;
        media::append_web_vtt_cue(text, std::to_string(caption.fragment), begins,
                                  begins + caption.duration, said);
    }
    return text;
}

std::string as_json(std::string_view stream_id, StreamRecord const& record,
                    std::string_view language) {
    boost::json::array items;
    for (auto const& caption : record.captions) {
        if (speaks(caption, language)) items.push_back(to_json(caption));
    }
    return http::to_text(boost::json::object{
        {"streamId", stream_id}, {"itemCount", items.size()}, {"items", std::move(items)}});
}

bool wants_web_vtt(http::Request const& request) {
    if (auto const format = request.query_value("format")) return *format == "vtt";
    return request.header("accept").value_or("").contains(kWebVtt);
}

}  // namespace

http::Response transcript(StreamRecords const& records, http::Request const& request) {
    auto const& stream_id = request.params.at("id");
    auto const format = request.query_value("format").value_or("json");
    auto const language = request.query_value("lang").value_or("");
    auto const text = request.query_value("text").value_or("translation");
    if (format != "json" && format != "vtt") {
        return problem(Problem::bad_request, "format must be json or vtt");
    }
    if (!language.empty() && !is_language(language)) {
        return problem(Problem::bad_request, "lang must be a language, such as es");
    }
    if (text != "translation" && text != "transcript") {
        return problem(Problem::bad_request, "text must be translation or transcript");
    }
    auto const* const record = records.find(stream_id);
    if (record == nullptr) {
        return problem(Problem::not_found, "nothing is remembered of such a stream");
    }
    http::Response response;
    if (wants_web_vtt(request)) {
        response.content_type = "text/vtt; charset=utf-8";
        response.body = web_vtt(*record, language, text == "transcript");
    } else {
        response.content_type = "application/json";
        response.body = as_json(stream_id, *record, language);
    }
    response.headers.emplace_back("Vary", "Accept");
    return response;
}

}  // namespace tidegate::orchestrator
