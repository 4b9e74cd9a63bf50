// Reads the members of a report in JSON that a worker has sent: what does not fit counts as
// missing. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidegate::orchestrator {

// Bytes of each text of a report: some sentences. A worker cuts longer ones, so that a datagram
// stays small; we cut them again.
inline constexpr std::size_t kMaxReportText = 1000;

std::string_view text_of(boost::json::object const& object, std::string_view name);
// Such as "service-down": lower-case letters, digits, - and _; empty: it is no word.
std::string word_of(boost::json::object const& object, std::string_view name);
bool is_report_word(std::string_view text);
// One line, for people.
std::string sentence_of(boost::json::object const& object, std::string_view name);
// 0: it is missing.
std::uint64_t count_of(boost::json::value const& value);
std::uint64_t count_of(boost::json::object const& object, std::string_view name);

}  // namespace tidegate::orchestrator
