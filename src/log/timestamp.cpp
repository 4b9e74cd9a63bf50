#include "log/timestamp.hpp"

#include <array>
#include <cstdint>
#include <ctime>

namespace tidegate::log {
namespace {

using namespace std::chrono;

seconds ask_utc_offset(sys_seconds time) {
    auto const second = system_clock::to_time_t(time);
    std::tm local{};
    ::localtime_r(&second, &local);
    return seconds{local.tm_gmtoff};
}

// How far local time is ahead of UTC. The zone's rules are behind a lock, and a long list has a
// thousand times, so each thread remembers some quarters of an hour in which no rule begins.
seconds utc_offset(sys_seconds time) {
    using Quarter = duration<std::int64_t, std::ratio<900>>;
    struct Known {
        sys_time<Quarter> quarter = sys_time<Quarter>::min();
        seconds offset{};
        bool is_constant = false;
    };
    thread_local std::array<Known, 64> known;
    auto const quarter = floor<Quarter>(time);
    auto const place = static_cast<std::uint64_t>(quarter.time_since_epoch().count());
    auto& found = known[place % known.size()];
    if (found.quarter != quarter) {
        auto const offset = ask_utc_offset(quarter);
        auto const last = ask_utc_offset(sys_seconds{quarter + Quarter{1}} - seconds{1});
        found = {quarter, offset, offset == last};
    }
    return found.is_constant ? found.offset : ask_utc_offset(time);
}

void append_digits(std::string& out, std::int64_t value, int digits) {
    std::array<char, 9> text;
    for (int i = digits; i > 0; --i) {
        text[static_cast<std::size_t>(i - 1)] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text.data(), static_cast<std::size_t>(digits));
}

// Appends the date, the separator, and the time of day. For local time, the caller adds the zone's
// offset to `time`.
void append_second(std::string& out, sys_seconds time, char date_separator, char separator) {
    auto const day = floor<days>(time);
    year_month_day const date{day};
    hh_mm_ss const clock{time - day};
    append_digits(out, static_cast<int>(date.year()), 4);
    out += date_separator;
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += date_separator;
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += separator;
    append_digits(out, clock.hours().count(), 2);
    out += ':';
    append_digits(out, clock.minutes().count(), 2);
    out += ':';
    append_digits(out, clock.seconds().count(), 2);
}

// "Z" or "+01:00".
void append_offset(std::string& out, seconds offset) {
    if (offset == seconds{0}) {
        out += 'Z';
        return;
    }
    hh_mm_ss const clock{abs(offset)};
    out += offset < seconds{0} ? '-' : '+';
    append_digits(out, clock.hours().count(), 2);
    out += ':';
    append_digits(out, clock.minutes().count(), 2);
}

}  // namespace

void append_utc_micros(std::string& out, TimePoint time) {
    auto const second = floor<seconds>(time);
    append_second(out, second, '-', 'T');
    out += '.';
    append_digits(out, duration_cast<microseconds>(time - second).count(), 6);
    out += 'Z';
}

void append_local_seconds(std::string& out, TimePoint time) {
    auto const second = floor<seconds>(time);
    append_second(out, second + utc_offset(second), '/', ' ');
}

void append_local_nanos(std::string& out, TimePoint time) {
    auto const second = floor<seconds>(time);
    auto const offset = utc_offset(second);
    append_second(out, second + offset, '-', 'T');
    if (auto const rest = duration_cast<nanoseconds>(time - second).count(); rest != 0) {
        out += '.';
        append_digits(out, rest, 9);
        out.erase(out.find_last_not_of('0') + 1);
    }
    append_offset(out, offset);
}

}  // namespace tidegate::log
