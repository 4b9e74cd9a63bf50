// Players that join picture and sound (Media Source Extensions) stop when one of them stops, so a
// rendition goes on with silence when the publisher's sound does not.
#include <gtest/gtest.h>

#include "hls/core/test_publisher.hpp"
#include "media/silence.hpp"
#include "mp4/file_reader.hpp"

namespace tidegate::hls {
namespace {

using std::chrono::milliseconds;
using test::audio;
using test::kAudio;
using test::Publisher;
using test::video;

// Decode times and durations of the sound, and whether each unit is of the publisher.
struct Heard {
    std::int64_t at = 0;
    std::uint32_t duration = 0;
    bool real = false;
};

std::vector<Heard> heard(Publisher const& publisher) {
    base::Bytes file;
    auto const put = [&](std::string const& text) {
        auto const bytes = base::as_bytes(text);
        file.insert(file.end(), bytes.begin(), bytes.end());
    };
    put(publisher.text("0123456789ab_audio2_init.mp4"));
    for (int i = 0; i < 200; ++i) {
        auto const part = publisher.text("0123456789ab_audio2_part" + std::to_string(i) + ".mp4");
        if (part.size() > 20) put(part);
    }
    std::vector<Heard> all;
    mp4::FileReader reader(file.size());
    while (auto const range = reader.wanted()) {
        auto const found = reader.feed(base::ByteView(file).subspan(range->offset, range->size));
        if (!found) break;
        if (*found != mp4::FileReader::Found::fragment) continue;
        auto samples = reader.fragment();
        while (auto const one = samples.next()) {
            all.push_back({one->sample.dts, one->sample.duration, one->sample.size == 100});
        }
    }
    return all;
}

void expect_no_holes(std::vector<Heard> const& all) {
    for (std::size_t i = 1; i < all.size(); ++i) {
        EXPECT_EQ(all[i].at, all[i - 1].at + all[i - 1].duration) << i;
    }
}

std::size_t real(std::vector<Heard> const& all) {
    return static_cast<std::size_t>(std::ranges::count(all, true, &Heard::real));
}

TEST(Silence, StandsWhereTheSoundStartsLate) {
    Publisher publisher({video(), audio()});
    publisher.silent[1] = true;
    publisher.run_to(milliseconds(2000));
    publisher.silent.clear();
    publisher.run_to(milliseconds(3001));
    auto const all = heard(publisher);
    ASSERT_GT(all.size(), 60U);
    EXPECT_EQ(all.front().at, 10 * 44100);  // with the picture
    EXPECT_FALSE(all.front().real);
    expect_no_holes(all);
    EXPECT_NEAR(static_cast<double>(real(all)), 25, 2);
    EXPECT_EQ(publisher.text(kAudio).find("0123456789ab_audio2_part7.mp4\",GAP"),
              std::string::npos);
}

TEST(Silence, StandsWhereTheSoundStops) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(2000));
    publisher.silent[1] = true;
    publisher.run_to(milliseconds(5000));
    publisher.silent.clear();
    publisher.run_to(milliseconds(6001));
    auto const all = heard(publisher);
    expect_no_holes(all);
    EXPECT_NEAR(static_cast<double>(real(all)), 75, 2);
    // No part is without sound, once it is clear that it has stopped.
    auto const list = publisher.text(kAudio);
    EXPECT_EQ(list.substr(list.find("_part20")).find("GAP=YES"), std::string::npos) << list;
}

TEST(Silence, StandsToTheEndOfThePublication) {
    Publisher publisher({video(), audio()});
    publisher.run_to(milliseconds(2000));
    publisher.silent[1] = true;
    publisher.run_to(milliseconds(5100));  // in the middle of a part
    ASSERT_TRUE(publisher.muxer.finish_publication());
    auto const all = heard(publisher);
    expect_no_holes(all);
    EXPECT_GT(all.back().at, 10 * 44100 + 5 * 44100);
    auto const list = publisher.text(kAudio);
    EXPECT_EQ(list.substr(list.find("_part20")).find("GAP=YES"), std::string::npos) << list;
}

// Sound that comes a second and a half behind the picture is late, not silent.
TEST(Silence, EndsForSoundThatIsOnlyLate) {
    Publisher publisher({video(), audio()});
    constexpr auto kLate = milliseconds(1520);
    for (; publisher.now < milliseconds(7001); publisher.now += milliseconds(40)) {
        bool const key = publisher.now % milliseconds(1000) == milliseconds(0);
        publisher.push(0, publisher.now, key, 1000);
        if (publisher.now >= kLate) publisher.push(1, publisher.now - kLate, true, 100);
    }
    auto const all = heard(publisher);
    expect_no_holes(all);
    // From the second on all of it is there.
    auto const last = std::ranges::find(all.rbegin(), all.rend(), false, &Heard::real);
    ASSERT_NE(last, all.rend());
    EXPECT_LT(last->at, (10 + 3) * 44100);
    EXPECT_GT(real(all), 60U);
}

TEST(Silence, IsNoneWithinTheUsualLag) {
    Publisher publisher({video(), audio()});
    constexpr auto kLate = milliseconds(600);
    for (; publisher.now < milliseconds(4001); publisher.now += milliseconds(40)) {
        publisher.push(0, publisher.now, publisher.now % milliseconds(1000) == milliseconds(0),
                       1000);
        if (publisher.now >= kLate) publisher.push(1, publisher.now - kLate, true, 100);
    }
    auto const all = heard(publisher);
    EXPECT_EQ(real(all), all.size());
}

// A codec without a silence of its own has gaps, with which players may stop.
TEST(Silence, OfManyChannelsIsAGap) {
    Source const surround{.track = {media::OpusConfig{6}}};
    Publisher publisher({video(), surround});
    publisher.silent[1] = true;
    publisher.run_to(milliseconds(3001));
    EXPECT_NE(publisher.text(kAudio).find("#EXT-X-GAP\n#EXT-X-PROGRAM-DATE-TIME"),
              std::string::npos);
}

}  // namespace
}  // namespace tidegate::hls
