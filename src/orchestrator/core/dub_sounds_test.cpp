#include "orchestrator/core/dub_sounds.hpp"

#include <gmock/gmock.h>

namespace tidegate::orchestrator {
namespace {

using testing::ElementsAre;
using testing::Pair;

PathTrack const kPictures{"H264", 1280, 720};
PathTrack const kSound{"MPEG-4 Audio", 0, 0, "", "", 44100, 2};

DubReport made_dub(std::string language, double delay = 10'000) {
    DubReport report;
    report.language = std::move(language);
    report.delay_ms = delay;
    return report;
}

// The language and the name of each track.
std::vector<std::pair<std::string, std::string>> named(std::vector<PathTrack> tracks,
                                                       std::vector<DubReport> const& dubs) {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& track : name_dubbed_sounds(std::move(tracks), dubs)) {
        all.emplace_back(track.language, track.name);
    }
    return all;
}

TEST(DubSounds, OneDubTakesThePlaceOfTheSound) {
    EXPECT_THAT(named({kPictures, kSound}, {made_dub("es")}),
                ElementsAre(Pair("", ""), Pair("es", "es")));
    EXPECT_THAT(named({kPictures, kSound, kSound}, {made_dub("es")}),
                ElementsAre(Pair("", ""), Pair("es", "es"), Pair("", "")));
}

TEST(DubSounds, SeveralAndTheOriginalAreTheLastTracks) {
    EXPECT_THAT(
        named({kPictures, kSound, kSound, kSound}, {made_dub("es"), made_dub("fr")}),
        ElementsAre(Pair("", ""), Pair("es", "es"), Pair("fr", "fr"), Pair("", "original")));
    // The publisher's second sound stays between them.
    EXPECT_THAT(
        named({kSound, kPictures, kSound, kSound, kSound}, {made_dub("es"), made_dub("fr")}),
        ElementsAre(Pair("es", "es"), Pair("", ""), Pair("", ""), Pair("fr", "fr"),
                    Pair("", "original")));
}

TEST(DubSounds, WhatIsRefusedOrCannotBeMadeHasNoSound) {
    auto refused = made_dub("xx");
    refused.delay_ms.reset();
    EXPECT_THAT(named({kPictures, kSound}, {refused, made_dub("es")}),
                ElementsAre(Pair("", ""), Pair("es", "es")));
    EXPECT_THAT(named({kPictures, kSound}, {made_dub("es", 0)}),
                ElementsAre(Pair("", ""), Pair("", "")));
    EXPECT_THAT(named({kPictures, kSound}, {}), ElementsAre(Pair("", ""), Pair("", "")));
}

TEST(DubSounds, NothingIsGuessedWhereTheTracksAreOthers) {
    auto told = kSound;
    told.language = "de";
    EXPECT_THAT(named({kPictures, told}, {made_dub("es")}),
                ElementsAre(Pair("", ""), Pair("de", "")));
    std::vector<std::pair<std::string, std::string>> const none(3);
    EXPECT_EQ(named({kPictures, kSound, kSound}, {made_dub("es"), made_dub("fr")}), none);
    EXPECT_EQ(named({kPictures, kPictures, kPictures}, {made_dub("es")}), none);
    EXPECT_EQ(named({kSound, kPictures, kSound}, {made_dub("es"), made_dub("fr")}), none);
    EXPECT_TRUE(named({}, {made_dub("es")}).empty());
}

}  // namespace
}  // namespace tidegate::orchestrator
