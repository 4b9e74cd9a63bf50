#include "mp4/sample_table.hpp"

#include <gtest/gtest.h>

#include "mp4/test_bytes.hpp"

namespace tidegate::mp4 {
namespace {

using test::full_box;
using test::hex;

struct Tables {
    char const* durations = "00000001 00000004 0000000a";
    char const* compositions = nullptr;
    char const* syncs = nullptr;
    char const* chunks = "00000001 00000001 00000002 00000001";
    char const* offsets = "00000002 00000064 000000c8";
    char const* sizes = "00000000 00000004 00000001 00000002 00000003 00000004";
    char const* compact_sizes = nullptr;
};

base::Bytes bytes_of(Tables const& tables) {
    base::Bytes all;
    auto const add = [&](char const* type, char const* rows, std::uint32_t version = 0) {
        if (rows == nullptr) return;
        auto const one = full_box(type, version << 24, {hex(rows)});
        all.insert(all.end(), one.begin(), one.end());
    };
    add("stts", tables.durations);
    add("ctts", tables.compositions);
    add("stss", tables.syncs);
    add("stsc", tables.chunks);
    add("stco", tables.offsets);
    add("stsz", tables.sizes);
    add("stz2", tables.compact_sizes);
    return all;
}

// dts pts duration offset size description sync, a line a sample.
std::string samples_of(base::Bytes const& stbl, std::int64_t shift = 0) {
    auto const table = read_sample_table(stbl);
    std::string text;
    SampleReader samples(table, shift);
    for (int i = 0; i < 10; ++i) {
        auto const one = samples.next();
        if (!one) return text;
        for (auto const value : {one->dts, one->pts, std::int64_t{one->duration},
                                 static_cast<std::int64_t>(one->offset), std::int64_t{one->size},
                                 std::int64_t{one->description}}) {
            text += std::to_string(value) + " ";
        }
        text += one->sync ? "k\n" : "-\n";
    }
    return text + "...";
}

TEST(SampleTable, EveryFormIsRead) {
    struct Case {
        char const* name;
        Tables tables;
        char const* samples;
    };
    Case const cases[] = {
        {"two chunks of two",
         {},
         "0 0 10 100 1 1 k\n10 10 10 101 2 1 k\n20 20 10 200 3 1 k\n30 30 10 203 4 1 k\n"},
        {"key frames, offsets, several durations",
         {.durations = "00000003 00000001 0000000a 00000000 00000063 00000003 00000014",
          .compositions = "00000002 00000001 00000005 00000003 fffffffe",
          .syncs = "00000002 00000001 00000003"},
         "0 5 10 100 1 1 k\n10 8 20 101 2 1 -\n30 28 20 200 3 1 k\n50 48 20 203 4 1 -\n"},
        {"chunks of one and of three, another description",
         {.chunks = "00000002 00000001 00000001 00000001 00000002 00000003 00000002"},
         "0 0 10 100 1 1 k\n10 10 10 200 2 2 k\n20 20 10 202 3 2 k\n30 30 10 205 4 2 k\n"},
        {"one size for all",
         {.sizes = "00000007 00000003"},
         "0 0 10 100 7 1 k\n10 10 10 107 7 1 k\n20 20 10 200 7 1 k\n"},
        {"sizes of 4 bits",
         {.sizes = nullptr, .compact_sizes = "00000004 00000003 1f30"},
         "0 0 10 100 1 1 k\n10 10 10 101 15 1 k\n20 20 10 200 3 1 k\n"},
        {"sizes of 8 bits",
         {.sizes = nullptr, .compact_sizes = "00000008 00000002 01ff"},
         "0 0 10 100 1 1 k\n10 10 10 101 255 1 k\n"},
        {"sizes of 16 bits",
         {.sizes = nullptr, .compact_sizes = "00000010 00000002 0100 0002"},
         "0 0 10 100 256 1 k\n10 10 10 356 2 1 k\n"},
    };
    for (auto const& c : cases) EXPECT_EQ(samples_of(bytes_of(c.tables)), c.samples) << c.name;
    EXPECT_EQ(samples_of(bytes_of({.sizes = "00000000 00000001 00000009"}), -500),
              "-500 -500 10 100 9 1 k\n");
}

TEST(SampleTable, WhatTheTablesDoNotTellEndsTheWalk) {
    struct Case {
        char const* name;
        Tables tables;
        char const* samples;
    };
    Case const cases[] = {
        {"no tables", {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr}, ""},
        {"no chunk offsets", {.offsets = nullptr}, ""},
        {"no chunk lengths", {.chunks = nullptr}, ""},
        {"chunks of nothing", {.chunks = "00000001 00000001 00000000 00000001"}, ""},
        {"begins with a later chunk", {.chunks = "00000001 00000002 00000001 00000001"}, ""},
        {"fewer chunks than samples",
         {.offsets = "00000001 00000064"},
         "0 0 10 100 1 1 k\n10 10 10 101 2 1 k\n"},
        {"more samples claimed than there are sizes",
         {.sizes = "00000000 7fffffff 00000001"},
         "0 0 10 100 1 1 k\n"},
        {"more durations claimed than there are",
         {.durations = "ffffffff 00000001 0000000a", .sizes = "00000000 00000001 00000001"},
         "0 0 10 100 1 1 k\n"},
        {"no durations",
         {.durations = nullptr, .sizes = "00000000 00000001 00000001"},
         "0 0 0 100 1 1 k\n"},
        {"sizes of no bits", {.sizes = nullptr, .compact_sizes = "00000000 ffffffff 01"}, ""},
        {"sizes of 5 bits", {.sizes = nullptr, .compact_sizes = "00000005 ffffffff 01"}, ""},
    };
    for (auto const& c : cases) EXPECT_EQ(samples_of(bytes_of(c.tables)), c.samples) << c.name;
}

TEST(SampleTable, AClaimWithoutRowsIsCut) {
    // 22 bytes that claim four thousand million samples.
    auto const stbl = bytes_of({.chunks = "00000001 00000001 ffffffff 00000001",
                                .offsets = "00000001 00000000",
                                .sizes = "00000001 ffffffff"});
    EXPECT_EQ(read_sample_table(stbl).count, kMaxTableSamples);
}

TEST(SampleTable, OffsetsThatOverflowEndTheWalk) {
    auto const large = full_box("co64", 0, {hex("00000001 fffffffffffffffe")});
    auto stbl = bytes_of({.offsets = nullptr});
    stbl.insert(stbl.end(), large.begin(), large.end());
    EXPECT_EQ(samples_of(stbl), "0 0 10 -2 1 1 k\n");
}

TEST(SampleTable, DurationsAddUpWithoutOverflow) {
    auto const duration = [](char const* rows) {
        return read_sample_table(bytes_of({.durations = rows})).duration();
    };
    EXPECT_EQ(duration("00000002 00000003 0000000a 00000001 00000005"), 35);
    EXPECT_EQ(duration("00000002 ffffffff ffffffff ffffffff ffffffff"), std::int64_t{1} << 62);
}

}  // namespace
}  // namespace tidegate::mp4
