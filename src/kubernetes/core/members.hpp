// Looks into JSON objects of the Kubernetes API, where everything may be missing: what is missing,
// or is of another kind, is null or empty. Pure; any thread.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::kubernetes {

// The member that the names lead to: find(pod, {"metadata", "annotations"}).
boost::json::value const* find(boost::json::value const& value,
                               std::initializer_list<std::string_view> names);
boost::json::array const* find_array(boost::json::value const& value,
                                     std::initializer_list<std::string_view> names);
std::string text_at(boost::json::value const& value, std::initializer_list<std::string_view> names);
// nullopt: it is missing, or no whole number.
std::optional<std::int64_t> number_at(boost::json::value const& value,
                                      std::initializer_list<std::string_view> names);
// An object of texts, such as labels; members of another kind are left out.
std::map<std::string, std::string> texts_at(boost::json::value const& value,
                                            std::initializer_list<std::string_view> names);
// The item of a list whose member `name` is `text`; null: there is none.
boost::json::value const* item_named(boost::json::array const* items, std::string_view name,
                                     std::string_view text);

}  // namespace tidegate::kubernetes
