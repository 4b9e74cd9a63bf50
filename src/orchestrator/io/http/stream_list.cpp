#include "orchestrator/io/http/stream_list.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

#include "orchestrator/io/http/stream_json.hpp"

namespace tidegate::orchestrator {

std::string StreamList::text(StreamBook const& book, std::vector<StreamView> views,
                             PidOf const& pid_of) {
    ++lists_;
    std::string items;
    std::size_t count = 0;
    auto const add = [&](std::string const& id, std::optional<StreamView> view,
                         StreamRecord const* record) {
        if (count++ != 0) items += ',';
        list(id, std::move(view), record, pid_of, items);
    };
    // Both are sorted by id.
    auto record = book.streams().begin();
    auto const end = book.streams().end();
    for (auto& view : views) {
        for (; record != end && record->first < view.stream_id; ++record) {
            add(record->first, std::nullopt, &record->second);
        }
        bool const is_known = record != end && record->first == view.stream_id;
        auto const id = view.stream_id;
        add(id, std::move(view), is_known ? &(record++)->second : nullptr);
    }
    for (; record != end; ++record) add(record->first, std::nullopt, &record->second);
    std::erase_if(items_, [&](auto const& item) { return item.second.listed != lists_; });
    return "{\"itemCount\":" + std::to_string(count) + ",\"items\":[" + items + "]}";
}

void StreamList::list(std::string const& stream_id, std::optional<StreamView> view,
                      StreamRecord const* record, PidOf const& pid_of, std::string& out) {
    auto& item = items_.try_emplace(stream_id).first->second;
    if (view && view->worker) view->worker->last_progress = {};  // changes all the time, not shown
    auto const last_event = record != nullptr ? record->last_events.back()->sequence : 0;
    if (item.text.empty() || item.last_event != last_event || item.view != view) {
        item.text = boost::json::serialize(stream_json(stream_id, record, view, pid_of));
        item.view = std::move(view);
        item.last_event = last_event;
    }
    item.listed = lists_;
    out += item.text;
}

}  // namespace tidegate::orchestrator
