#include "log/timestamp.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace tidegate::log {
namespace {

struct Split {
    std::time_t second;
    std::int64_t nanos;
};

Split split(TimePoint time) {
    auto const second = std::chrono::floor<std::chrono::seconds>(time);
    return {std::chrono::system_clock::to_time_t(second),
            std::chrono::duration_cast<std::chrono::nanoseconds>(time - second).count()};
}

using Render = std::string (*)(std::time_t);

// The last second's text, per thread and use.
struct Cached {
    std::time_t second = -1;
    std::string text;

    std::string const& at(std::time_t wanted, Render render) {
        if (wanted != second) {
            text = render(wanted);
            second = wanted;
        }
        return text;
    }
};

std::string calendar(std::tm const& time, char const* format) {
    std::array<char, 64> text;
    auto const size = std::strftime(text.data(), text.size(), format, &time);
    return {text.data(), size};
}

std::string utc_second(std::time_t second) {
    std::tm time{};
    ::gmtime_r(&second, &time);
    return calendar(time, "%Y-%m-%dT%H:%M:%S");
}

std::string local_second(std::time_t second) {
    std::tm time{};
    ::localtime_r(&second, &time);
    return calendar(time, "%Y/%m/%d %H:%M:%S");
}

std::string local_rfc3339_second(std::time_t second) {
    std::tm time{};
    ::localtime_r(&second, &time);
    return calendar(time, "%Y-%m-%dT%H:%M:%S");
}

// "Z" or "+01:00".
std::string local_offset(std::time_t second) {
    std::tm time{};
    ::localtime_r(&second, &time);
    if (time.tm_gmtoff == 0) return "Z";
    auto text = calendar(time, "%z");  // +0100
    return text.insert(text.size() - 2, 1, ':');
}

void append_digits(std::string& out, std::int64_t value, int digits) {
    std::array<char, 9> text;
    for (int i = digits; i > 0; --i) {
        text[static_cast<std::size_t>(i - 1)] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text.data(), static_cast<std::size_t>(digits));
}

}  // namespace

void append_utc_micros(std::string& out, TimePoint time) {
    thread_local Cached cached;
    auto const [second, nanos] = split(time);
    out += cached.at(second, utc_second);
    out += '.';
    append_digits(out, nanos / 1000, 6);
    out += 'Z';
}

void append_local_seconds(std::string& out, TimePoint time) {
    thread_local Cached cached;
    out += cached.at(split(time).second, local_second);
}

void append_local_nanos(std::string& out, TimePoint time) {
    thread_local Cached cached;
    thread_local Cached offset;
    auto const [second, nanos] = split(time);
    out += cached.at(second, local_rfc3339_second);
    if (nanos != 0) {
        out += '.';
        append_digits(out, nanos, 9);
        out.erase(out.find_last_not_of('0') + 1);
    }
    out += offset.at(second, local_offset);
}

}  // namespace tidegate::log
