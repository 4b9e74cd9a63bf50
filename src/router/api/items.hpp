// The endpoints of one kind of connection or session: its list, one by its id, and kick.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "router/api/answer.hpp"
#include "router/model/registry.hpp"

namespace tidegate::router {

// Adds what the API tells of the client of every kind, and of the path that it wants.
template <class Info>
JsonObject& add_client(JsonObject& item, Info const& info) {
    return item.add("path", info.path)
        .add("query", info.query)
        .add("user", info.user)
        .add("userAgent", info.user_agent);
}

template <class RecordType>
struct Items {
    std::string name;       // in the endpoints' paths: "rtmpconns"
    std::string not_found;  // "connection not found"
    bool may_be_kicked = true;
    void (*append)(std::string& text, typename RecordType::Info const& item);
};

// The registry outlives the endpoints.
template <class RecordType>
void add_endpoints(std::vector<ApiEndpoint>& endpoints, Registry<RecordType>& registry,
                   Items<RecordType> const& items) {
    auto const base = "/v3/" + items.name;
    endpoints.push_back({"GET", base + "/list", [&registry, items](http::Request const& request) {
                             return list_answer(request, registry.entries(),
                                                [&](std::string& text, auto const& entry) {
                                                    items.append(text, entry->snapshot());
                                                });
                         }});
    endpoints.push_back(
        {"GET", base + "/get/{id}", [&registry, items](http::Request const& request) -> Answer {
             auto const id = id_of(request);
             if (!id) return std::unexpected(id.error());
             auto const entry = registry.find(*id);
             if (entry == nullptr) return std::unexpected(ApiError{404, items.not_found});
             std::string text;
             items.append(text, entry->snapshot());
             return text;
         }});
    if (!items.may_be_kicked) return;
    endpoints.push_back(
        {"POST", base + "/kick/{id}", [&registry, items](http::Request const& request) -> Answer {
             auto const id = id_of(request);
             if (!id) return std::unexpected(id.error());
             if (!registry.kick(*id)) return std::unexpected(ApiError{404, items.not_found});
             return ok_answer();
         }});
}

}  // namespace tidegate::router
