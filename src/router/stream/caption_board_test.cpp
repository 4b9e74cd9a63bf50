#include "router/stream/caption_board.hpp"

#include <gtest/gtest.h>

namespace tidegate::router {
namespace {

using std::chrono::seconds;

media::Caption said(std::string language, std::string text) {
    return {.language = std::move(language), .duration = seconds(1), .text = std::move(text)};
}

std::vector<std::string> texts(std::vector<media::Caption> const& captions) {
    std::vector<std::string> all;
    for (auto const& caption : captions) all.push_back(caption.text);
    return all;
}

using Texts = std::vector<std::string>;

TEST(CaptionBoard, TellsEachReaderWhatItHasNotSeen) {
    CaptionBoard board({"es", "fr"});
    std::uint64_t early = 0;
    EXPECT_TRUE(board.since(early).empty());
    EXPECT_TRUE(board.add(said("es", "uno")));
    EXPECT_FALSE(board.add(said("de", "eins")));
    EXPECT_EQ(board.count(), 1U);
    EXPECT_EQ(texts(board.since(early)), Texts{"uno"});
    EXPECT_TRUE(board.add(said("fr", "deux")));
    EXPECT_EQ(texts(board.since(early)), Texts{"deux"});
    EXPECT_TRUE(board.since(early).empty());
    std::uint64_t late = 0;
    EXPECT_EQ(texts(board.since(late)), (Texts{"uno", "deux"}));
}

TEST(CaptionBoard, AFloodIsNotTakenAndNotKept) {
    CaptionBoard board({"es"});
    CaptionBoard::Clock::time_point now{seconds(1000)};
    std::size_t taken = 0;
    for (int i = 0; i < 1000; ++i) taken += board.add(said("es", "x"), now) ? 1 : 0;
    EXPECT_EQ(taken, kMaxCaptionsPerSecond);
    for (int second = 1; second <= 20; ++second) {
        for (int i = 0; i < 1000; ++i) board.add(said("es", "y"), now + seconds(second));
    }
    EXPECT_EQ(board.count(), 21 * kMaxCaptionsPerSecond);
    std::uint64_t seen = 0;
    EXPECT_EQ(board.since(seen).size(), kKeptCaptions);
    EXPECT_EQ(seen, board.count());
}

}  // namespace
}  // namespace tidegate::router
