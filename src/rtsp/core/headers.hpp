// RTSP headers: names compare without case, order is kept for reading and sorted for writing. Any
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::rtsp {

struct Header {
    std::string name;
    std::string value;
    bool operator==(Header const&) const = default;
};

class Headers {
public:
    void add(std::string name, std::string value) {
        list_.push_back({std::move(name), std::move(value)});
    }
    // Of the first such header; nullptr when absent.
    std::string const* find(std::string_view name) const;
    // Empty when absent.
    std::string_view get(std::string_view name) const;
    std::size_t count(std::string_view name) const;

    std::vector<Header> const& list() const { return list_; }
    std::size_t size() const { return list_.size(); }
    bool operator==(Headers const&) const = default;

private:
    std::vector<Header> list_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);  // spaces and tabs

}  // namespace tidegate::rtsp
