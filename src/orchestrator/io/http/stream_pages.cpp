#include "orchestrator/io/http/stream_pages.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <map>
#include <string_view>
#include <utility>

#include "base/number.hpp"
#include "base/stream_id.hpp"
#include "http/json_text.hpp"

namespace tidegate::orchestrator {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 2> kExtraFields{"media", "figures"};

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        auto const end = std::min(text.find(','), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

bool is_extra(std::string_view field) {
    return std::ranges::find(kExtraFields, field) != kExtraFields.end();
}

// Makes one page. Streams that only hooks have named are shown as idle.
class Page {
public:
    Page(StreamSource const& from, StreamQuery const& query)
        : from_(from),
          query_(query),
          first_(std::max(query.after, query.prefix)),
          next_hooks_(from.hooks.streams().lower_bound(first_)) {}

    std::string make() {
        bool const with_hooks = !query_.state || query_.state == Shown::idle;
        if (!with_hooks) next_hooks_ = from_.hooks.streams().end();
        auto const visit = [this](std::string const& id, StreamState const& state) {
            return take_from_hooks(&id) && take(id, &state, from_.hooks.find(id));
        };
        if (query_.state) {
            from_.fleet.each_from(*query_.state, first_, visit);
        } else {
            from_.fleet.each_from(first_, visit);
        }
        take_from_hooks(nullptr);
        return "{\"itemCount\":" + std::to_string(items_) +
               ",\"streamCount\":" + std::to_string(streams()) +
               ",\"next\":" + (more_ ? http::to_text(json::value(last_)) : std::string("null")) +
               ",\"items\":[" + text_ + "]}";
    }

private:
    // Those that the fleet does not know, before this id; null: all that are left. False: the page
    // is full.
    bool take_from_hooks(std::string const* before) {
        auto const end = from_.hooks.streams().end();
        for (; next_hooks_ != end && (before == nullptr || next_hooks_->first <= *before);
             ++next_hooks_) {
            auto const& [id, told] = *next_hooks_;
            if (before != nullptr && id == *before) continue;  // the fleet has it
            if (from_.fleet.find(id) != nullptr) continue;
            if (!take(id, nullptr, &told)) return false;
        }
        return true;
    }

    // False: the page is full, or the last stream that it may have was passed.
    bool take(std::string const& id, StreamState const* state, StreamHooks const* told) {
        if (done_) return false;
        if (!id.starts_with(query_.prefix)) return !(done_ = true);
        if (id == query_.after) return true;
        if (items_ == query_.limit || passed_over_ == kMostPassedOver) {
            more_ = done_ = true;
            return false;
        }
        last_ = id;
        if (!has_router(state)) {
            ++passed_over_;
            return true;
        }
        add(id, state, told);
        return true;
    }

    bool has_router(StreamState const* state) const {
        if (query_.router.empty()) return true;
        auto const* const bound = state == nullptr ? nullptr : session(*state);
        return bound != nullptr && bound->router == query_.router;
    }

    void add(std::string const& id, StreamState const* state, StreamHooks const* told) {
        std::optional<StreamView> view;
        if (state != nullptr) view = from_.view(id, *state);
        auto object = stream_json(id, told, view, from_.site_of);
        if (!query_.fields.empty()) object = chosen(object, id, view);
        if (items_++ != 0) text_ += ',';
        text_ += http::to_text(object);
    }

    json::object chosen(json::object& all, std::string const& id,
                        std::optional<StreamView> const& view) const {
        json::object object{{"streamId", id}};
        for (auto const& field : query_.fields) {
            if (is_extra(field)) {
                object[field] = from_.extra(field, id, view);
            } else if (auto* const value = all.if_contains(field)) {
                object[field] = std::move(*value);
            }
        }
        return object;
    }

    std::size_t streams() const {
        if (query_.state && query_.state != Shown::idle) return from_.fleet.count(*query_.state);
        return from_.fleet.size();
    }

    StreamSource const& from_;
    StreamQuery const& query_;
    std::string const first_;
    std::map<std::string, StreamHooks, std::less<>>::const_iterator next_hooks_;
    std::string text_, last_;
    std::size_t items_ = 0, passed_over_ = 0;
    bool more_ = false, done_ = false;
};

}  // namespace

std::expected<StreamQuery, std::string> parse_stream_query(http::Request const& request) {
    StreamQuery query;
    auto const text = [&](std::string_view key) {
        return std::string(request.query_value(key).value_or(""));
    };
    query.after = text("cursor");
    query.prefix = text("prefix");
    query.router = text("router");
    query.fields = words_of(text("fields"));
    if (!query.after.empty() && !base::is_stream_id(query.after)) {
        return std::unexpected("cursor must be what an answer has as next");
    }
    if (!query.prefix.empty() && !base::is_stream_id(query.prefix)) {
        return std::unexpected("prefix must be the beginning of a stream id");
    }
    if (query.fields.size() > kMostFields) {
        return std::unexpected("fields must be at most " + std::to_string(kMostFields) + " names");
    }
    if (auto const limit = request.query_value("limit")) {
        auto const number = base::parse_number<std::size_t>(*limit);
        if (!number || *number < 1 || *number > kLargestPage) {
            return std::unexpected("limit must be a number from 1 to " +
                                   std::to_string(kLargestPage));
        }
        query.limit = *number;
    }
    if (auto const state = request.query_value("state")) {
        query.state = parse_shown(*state);
        if (!query.state) return std::unexpected("state must be the name of a state");
    }
    return query;
}

std::string stream_page(StreamSource const& source, StreamQuery const& query) {
    return Page(source, query).make();
}

}  // namespace tidegate::orchestrator
