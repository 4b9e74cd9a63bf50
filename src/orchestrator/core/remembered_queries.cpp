#include "orchestrator/core/remembered_queries.hpp"

namespace tidegate::orchestrator {

namespace {

std::string query_key(std::string_view stream_id, std::string_view source_id) {
    std::string key(stream_id);
    key += '/';  // no stream id contains it
    key += source_id;
    return key;
}

}  // namespace

void RememberedQueries::add(std::string_view stream_id, std::string_view source_id,
                            std::string_view query) {
    if (source_id.empty() || source_id.size() > kMaxSourceIdLength) return;
    auto const key = query_key(stream_id, source_id);
    auto const [it, is_new] = queries_.try_emplace(key);
    if (!is_new) order_.erase(it->second.ticket);
    it->second = {parse_query(query), next_ticket_};
    order_.emplace(next_ticket_++, key);
    if (queries_.size() <= kMaxRememberedQueries) return;
    queries_.erase(order_.begin()->second);
    order_.erase(order_.begin());
}

ParsedQuery const* RememberedQueries::find(std::string_view stream_id,
                                           std::string_view source_id) const {
    auto const found = queries_.find(query_key(stream_id, source_id));
    return found == queries_.end() ? nullptr : &found->second.parsed;
}

}  // namespace tidegate::orchestrator
