// Makes a publisher's query fit to be logged, kept and shown. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate::orchestrator {

// http::masked_query without the layer that MTX_QUERY adds (unwrap_query).
std::string mask_query(std::string_view query);

// What the book keeps of a query, for people: the whole one may be a hundred times what an encoder
// sends, and thousands of events are kept.
inline constexpr std::size_t kMaxShownQueryBytes = 4096;

// Cut between characters, with a mark where something is left out.
std::string shown_query(std::string_view masked);

}  // namespace tidegate::orchestrator
