#include "log/timestamp.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

namespace tidegate::log {
namespace {

using namespace std::chrono;

template <class Append>
std::string text(Append append, sys_time<nanoseconds> time) {
    std::string out;
    append(out, time_point_cast<TimePoint::duration>(time));
    return out;
}

// In a thread of its own, because each thread remembers the zone's rules.
template <class Work>
void in_zone(char const* name, Work work) {
    ::setenv("TZ", name, 1);
    ::tzset();
    std::thread(work).join();
    ::setenv("TZ", "UTC", 1);
    ::tzset();
}

std::string by_strftime(sys_seconds time) {
    auto const second = system_clock::to_time_t(time);
    std::tm local{};
    ::localtime_r(&second, &local);
    char whole[40], offset[10];
    std::strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &local);
    if (local.tm_gmtoff == 0) return std::string(whole) + "Z";
    std::strftime(offset, sizeof offset, "%z", &local);
    return std::string(whole) + std::string(offset).insert(3, ":");
}

TEST(Timestamp, SecondsOfAllYearsAreThoseOfStrftime) {
    for (auto const* zone : {"UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu",
                             "Australia/Lord_Howe", "Africa/Monrovia"}) {
        in_zone(zone, [zone] {
            for (sys_seconds time = sys_days{1905y / 1 / 1}; time < sys_days{2105y / 1 / 1};
                 time += days{3} + hours{5} + minutes{7} + seconds{11}) {
                ASSERT_EQ(text(append_local_nanos, time), by_strftime(time)) << zone;
            }
        });
    }
}

// Until 2011 Newfoundland changed its clocks at 00:01 local time, within a quarter of an hour.
TEST(Timestamp, EachSecondAroundAChangeOfTheClocks) {
    in_zone("America/St_Johns", [] {
        sys_seconds const change = sys_days{2010y / 11 / 7} + hours{2} + minutes{31};
        for (auto time = change - hours{1}; time < change + hours{1}; time += seconds{1}) {
            ASSERT_EQ(text(append_local_nanos, time), by_strftime(time));
        }
    });
    in_zone("Europe/Berlin", [] {
        sys_seconds const change = sys_days{2026y / 10 / 25} + hours{1};
        for (auto time = change - hours{1}; time < change + hours{1}; time += seconds{1}) {
            ASSERT_EQ(text(append_local_nanos, time), by_strftime(time));
        }
    });
}

TEST(Timestamp, Decimals) {
    sys_time<nanoseconds> const time{sys_days{2026y / 1 / 2} + hours{10} + nanoseconds{7}};
    in_zone("Europe/Berlin", [time] {
        EXPECT_EQ(text(append_local_nanos, time), "2026-01-02T11:00:00.000000007+01:00");
        EXPECT_EQ(text(append_local_nanos, time - nanoseconds{7} + milliseconds{100}),
                  "2026-01-02T11:00:00.1+01:00");
        EXPECT_EQ(text(append_local_seconds, time), "2026/01/02 11:00:00");
        EXPECT_EQ(text(append_utc_micros, time + microseconds{12}), "2026-01-02T10:00:00.000012Z");
    });
}

TEST(Timestamp, BeforeTheYear1970) {
    sys_time<nanoseconds> const time{sys_days{1969y / 12 / 31} + hours{23} + nanoseconds{1}};
    in_zone("America/New_York", [time] {
        EXPECT_EQ(text(append_local_nanos, time), "1969-12-31T18:00:00.000000001-05:00");
    });
}

}  // namespace
}  // namespace tidegate::log
