#include "rtp/depacketizer.hpp"

#include <gtest/gtest.h>

#include "media/limits.hpp"
#include "media/mp3.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/test_units.hpp"

namespace tidegate::rtp {
namespace {

using namespace testing_units;
using std::chrono::milliseconds;

base::Bytes const kSps{0x67, 0x42, 0xC0, 0x1F, 0x01};
base::Bytes const kPps{0x68, 0xCE, 0x01};

base::Bytes bytes_of(media::Unit const& unit) {
    return {unit.payload.view().begin(), unit.payload.view().end()};
}

struct RoundTrip {
    char const* name;
    media::Track track;
    base::Bytes payload;
    bool keyframe = true;
};

base::Bytes mp3_frame(std::size_t rate_index) {
    base::Bytes head{0xFF, 0xFB, static_cast<std::uint8_t>(rate_index << 4), 0x00};
    auto const size = media::parse_mp3_frame(head)->size;
    head.resize(size, 0x55);
    return head;
}

base::Bytes latm_packet(std::uint16_t sequence, std::uint32_t rtptime, bool marker,
                        base::Bytes const& payload) {
    base::Bytes packet{0x80, static_cast<std::uint8_t>(marker ? 0xE0 : 0x60)};
    packet.insert(
        packet.end(),
        {static_cast<std::uint8_t>(sequence >> 8), static_cast<std::uint8_t>(sequence), 0, 0,
         static_cast<std::uint8_t>(rtptime >> 8), static_cast<std::uint8_t>(rtptime), 0, 0, 0, 1});
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
}

TEST(Depacketizer, ReadsAacInLatm) {
    media::Track const track{media::AacConfig{{0x12, 0x10}, 44100, 2}};
    Depacketizer depacketizer(track, {.clock_rate = 44100, .aac = {.latm = true}});
    std::vector<media::Unit> units;
    base::Bytes element{255, 45};
    element.resize(2 + 300, 7);
    ASSERT_TRUE(depacketizer.feed(latm_packet(1, 0, true, element), units));
    base::Bytes const head(element.begin(), element.begin() + 100);
    base::Bytes const tail(element.begin() + 100, element.end());
    ASSERT_TRUE(depacketizer.feed(latm_packet(2, 1024, false, head), units));
    ASSERT_TRUE(depacketizer.feed(latm_packet(3, 1024, true, tail), units));
    ASSERT_EQ(units.size(), 2U);
    for (auto const& unit : units) EXPECT_EQ(bytes_of(unit), base::Bytes(300, 7));
    EXPECT_GT(units[1].pts, units[0].pts);

    // A lost start, a size beyond the element, no unit at all.
    EXPECT_TRUE(depacketizer.feed(latm_packet(4, 2048, false, head), units));
    EXPECT_FALSE(depacketizer.feed(latm_packet(6, 2048, true, {9, 1}), units));
    EXPECT_FALSE(depacketizer.feed(latm_packet(7, 3072, true, {0}), units));
    EXPECT_FALSE(depacketizer.feed(latm_packet(8, 4096, true, {255}), units));
    EXPECT_EQ(units.size(), 2U);
    EXPECT_GE(depacketizer.units_dropped(), 3U);
}

TEST(Depacketizer, GivesBackWhatThePacketizerWasGiven) {
    media::Track const h264{media::H264Config{kSps, kPps}};
    media::Track const h265{media::H265Config{{0x40, 1, 2}, {0x42, 1, 2}, {0x44, 1, 2}}};
    media::Track const aac{media::AacConfig{{0x12, 0x10}, 44100, 2}};
    RoundTrip const cases[] = {
        {"idr", h264, avcc({nalu({0x65}, 20000)})},
        {"slices", h264, avcc({nalu({0x41}, 900), nalu({0x41}, 1440), nalu({0x41}, 50)}), false},
        {"sei", h264, avcc({{0x06, 0x05, 0x01}, nalu({0x65}, 100)})},
        {"irap", h265, avcc({nalu({0x26, 0x01}, 20000)})},
        {"trailing", h265, avcc({nalu({0x02, 0x01}, 1439), nalu({0x02, 0x01}, 1440)}), false},
        {"aac", aac, base::Bytes(300, 1)},
        {"long aac", aac, base::Bytes(4000, 2)},
        {"opus", {media::OpusConfig{}}, base::Bytes(100, 3)},
        {"mp3", {media::Mp3Config{}}, mp3_frame(9)},
        {"long mp3", {media::Mp3Config{}}, mp3_frame(14)},
    };
    for (auto const& c : cases) {
        Packetizer packetizer(c.track, {.ssrc = 5, .first_sequence = 65530, .max_payload = 700});
        Depacketizer depacketizer(c.track, {.track = 3, .payload_type = packetizer.payload_type()});
        for (int i = 0; i < 3; ++i) {
            std::vector<media::Unit> units;
            auto const train = packetizer.packetize(unit(c.payload, milliseconds{40 * i}));
            auto rest = train.bytes.view();
            while (auto const frame = next_frame(rest)) {
                ASSERT_TRUE(depacketizer.feed(frame->payload, units)) << c.name;
            }
            ASSERT_EQ(units.size(), 1U) << c.name;
            EXPECT_EQ(bytes_of(units[0]), c.payload) << c.name;
            EXPECT_EQ(units[0].keyframe, c.keyframe) << c.name;
            EXPECT_FALSE(units[0].new_config) << c.name;
            EXPECT_EQ(units[0].track, 3) << c.name;
            EXPECT_EQ(std::chrono::round<milliseconds>(units[0].pts), milliseconds{40 * i})
                << c.name;
        }
        EXPECT_EQ(depacketizer.packets_lost(), 0U) << c.name;
    }
}

base::Bytes adts(base::Bytes const& unit, bool checksum = false) {
    auto const size = unit.size() + (checksum ? 9 : 7);
    base::Bytes out{0xFF,
                    static_cast<std::uint8_t>(checksum ? 0xF0 : 0xF1),
                    0x50,
                    static_cast<std::uint8_t>(0x80 | size >> 11),
                    static_cast<std::uint8_t>(size >> 3),
                    static_cast<std::uint8_t>(size << 5 | 0x1F),
                    0xFC};
    if (checksum) out.insert(out.end(), {1, 2});
    out.insert(out.end(), unit.begin(), unit.end());
    return out;
}

// AU headers of 13 + 3 bits in front of the units.
base::Bytes aac_payload(std::vector<base::Bytes> const& units) {
    base::Bytes out;
    base::ByteWriter writer(out);
    writer.u16(static_cast<std::uint16_t>(16 * units.size()));
    for (auto const& unit : units) writer.u16(static_cast<std::uint16_t>(unit.size() << 3));
    for (auto const& unit : units) writer.bytes(unit);
    return out;
}

TEST(Depacketizer, TakesTheHeadersOfAdtsFromAac) {
    base::Bytes const unit(20, 0x21), other(30, 0x22);
    base::Bytes both = adts(unit);
    auto const second = adts(other);
    both.insert(both.end(), second.begin(), second.end());
    base::Bytes cut = adts(unit);
    cut.pop_back();
    struct Case {
        char const* name;
        std::vector<base::Bytes> sent, wanted;
    };
    Case const cases[] = {
        {"bare", {unit, other}, {unit, other}},
        {"one", {adts(unit)}, {unit}},
        {"with a checksum", {adts(unit, true)}, {unit}},
        {"two", {adts(unit), adts(other)}, {unit, other}},
        {"two in one", {both, unit}, {unit, other, unit}},
        {"a size that lies", {cut}, {cut}},
        {"nothing behind the header", {adts({})}, {adts({})}},
    };
    media::Track const track{media::AacConfig{{0x12, 0x10}, 44100, 2}};
    for (auto const& c : cases) {
        Depacketizer depacketizer(track, {});
        std::vector<media::Unit> units;
        ASSERT_TRUE(depacketizer.feed(packet({1, 0, true}, aac_payload(c.sent)), units)) << c.name;
        ASSERT_EQ(units.size(), c.wanted.size()) << c.name;
        for (std::size_t i = 0; i < units.size(); ++i) {
            EXPECT_EQ(bytes_of(units[i]), c.wanted[i]) << c.name;
            EXPECT_EQ(units[i].pts, base::from_ticks(static_cast<std::int64_t>(i) * 1024, 44100))
                << c.name;
        }
    }
    base::Bytes many;
    for (int i = 0; i < 200; ++i) {
        auto const frame = adts({1});
        many.insert(many.end(), frame.begin(), frame.end());
    }
    Depacketizer depacketizer(track, {});
    std::vector<media::Unit> units;
    ASSERT_TRUE(depacketizer.feed(packet({1, 0, true}, aac_payload({many})), units));
    EXPECT_EQ(units.size(), 64U);
}

class H264Depacketizer : public testing::Test {
protected:
    std::expected<Fed, Error> feed(Packet const& header, base::Bytes const& payload) {
        return depacketizer.feed(packet(header, payload), units);
    }
    Depacketizer depacketizer{{media::H264Config{}}, {}};
    std::vector<media::Unit> units;
};

TEST_F(H264Depacketizer, KeepsParameterSetsOfTheStreamAndTellsOnce) {
    ASSERT_TRUE(feed({1, 0}, kSps));
    ASSERT_TRUE(feed({2, 0}, kPps));
    ASSERT_TRUE(feed({3, 0, true}, {0x65, 0x88, 0x01}));
    ASSERT_TRUE(feed({4, 3000, true}, {0x41, 0x9A, 0x01}));
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(bytes_of(units[0]), avcc({{0x65, 0x88, 0x01}}));
    EXPECT_TRUE(units[0].new_config);
    EXPECT_FALSE(units[1].new_config);
    EXPECT_EQ(depacketizer.track(), (media::Track{media::H264Config{kSps, kPps}}));
}

TEST_F(H264Depacketizer, KeepsParameterSetsById) {
    base::Bytes const second_pps{0x68, 0x50};
    ASSERT_TRUE(feed({1, 0}, kSps));
    ASSERT_TRUE(feed({2, 0}, kPps));
    ASSERT_TRUE(feed({3, 0}, second_pps));
    ASSERT_TRUE(feed({4, 0, true}, {0x65, 0x88, 0x01}));
    EXPECT_EQ(depacketizer.track(), (media::Track{media::H264Config{kSps, kPps, second_pps}}));
}

// A picture without a marker ends with the next one's first packet, which may be a parameter set.
TEST_F(H264Depacketizer, APictureBeforeTheChangeHasTheOldConfiguration) {
    ASSERT_TRUE(feed({1, 0}, {0x41, 0x9A, 0x01}));
    ASSERT_TRUE(feed({2, 3000}, kSps));
    ASSERT_EQ(units.size(), 1U);
    EXPECT_FALSE(units[0].new_config);
    ASSERT_TRUE(feed({3, 3000, true}, {0x65, 0x88, 0x01}));
    ASSERT_EQ(units.size(), 2U);
    EXPECT_TRUE(units[1].new_config);
}

TEST_F(H264Depacketizer, AChangeIsToldWithTheNextPictureWhenItsOwnIsLost) {
    ASSERT_TRUE(feed({1, 0}, kSps));
    ASSERT_TRUE(feed({2, 0}, {0x7C, 0x85, 0x88}));
    ASSERT_TRUE(feed({4, 0, true}, {0x7C, 0x45, 1}));  // 3 is lost
    ASSERT_TRUE(feed({5, 3000, true}, {0x41, 0x9A, 1}));
    ASSERT_EQ(units.size(), 1U);
    EXPECT_TRUE(units[0].new_config);
}

TEST_F(H264Depacketizer, EndsAUnitAtTheNextTimestampWithoutAMarker) {
    ASSERT_TRUE(feed({1, 0}, {0x41, 0x80, 1}));
    ASSERT_TRUE(feed({2, 3000}, {0x41, 0x80, 2}));
    ASSERT_EQ(units.size(), 1U);
    EXPECT_EQ(bytes_of(units[0]), avcc({{0x41, 0x80, 1}}));
}

// SPS, PPS and a key frame, with and without a start code in front, in one packet and in fragments.
TEST_F(H264Depacketizer, SplitsWhatHasStartCodesInside) {
    base::Bytes const first{0x65, 0x88, 0x01}, second{0x65, 0x18, 0x02};
    base::Bytes whole = kSps;
    for (auto const* nalu : {&kPps, &first, &second}) {
        whole.insert(whole.end(), {0, 0, 0, 1});
        whole.insert(whole.end(), nalu->begin(), nalu->end());
    }
    auto with_code = whole;
    with_code.insert(with_code.begin(), {0, 0, 0, 1});
    std::uint16_t sequence = 0;
    for (auto const& bytes : {whole, with_code}) {
        for (bool const fragments : {false, true}) {
            depacketizer = Depacketizer({media::H264Config{}}, {});
            units.clear();
            auto const middle = bytes.begin() + 9;
            auto const nri = static_cast<std::uint8_t>(bytes[0] & 0x60);
            auto const type = static_cast<std::uint8_t>(bytes[0] & 0x1F);
            base::Bytes head{static_cast<std::uint8_t>(nri | 28),
                             static_cast<std::uint8_t>(0x80 | type)};
            base::Bytes tail{head[0], static_cast<std::uint8_t>(0x40 | type)};
            head.insert(head.end(), bytes.begin() + 1, middle);
            tail.insert(tail.end(), middle, bytes.end());
            if (fragments) {
                ASSERT_TRUE(feed({++sequence, 0}, head));
                ASSERT_TRUE(feed({++sequence, 0, true}, tail));
            } else {
                ASSERT_TRUE(feed({++sequence, 0, true}, bytes));
            }
            ASSERT_EQ(units.size(), 1U) << fragments;
            EXPECT_EQ(bytes_of(units[0]), avcc({first, second}));
            EXPECT_TRUE(units[0].keyframe);
            EXPECT_EQ(depacketizer.track(), (media::Track{media::H264Config{kSps, kPps}}));
        }
    }
}

TEST_F(H264Depacketizer, StartCodesMakeNoMoreUnitsThanTheLimit) {
    base::Bytes bytes;
    for (std::size_t i = 0; i < media::kMaxNalus + 1; ++i) {
        bytes.insert(bytes.end(), {0, 0, 1, 0x41, 0x9A});
    }
    auto const fed = feed({1, 0, true}, bytes);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error(), Error::too_many_nalus);
    ASSERT_TRUE(feed({2, 3000, true}, {0x41, 0x9A, 1}));
    EXPECT_EQ(units.size(), 1U);
}

struct Slice {
    std::uint32_t rtptime;
    base::Bytes nalu;
};

// Three pictures of two or three slices, each slice with the marker, and one of a single slice.
std::vector<Slice> slices_with_markers() {
    return {{0, {0x65, 0x88, 1}},    {0, {0x65, 0x18, 2}},    {0, {0x65, 0x08, 3}},
            {3000, {0x41, 0x9A, 4}}, {3000, {0x41, 0x1A, 5}}, {6000, {0x41, 0x9A, 6}},
            {6000, {0x41, 0x0A, 7}}, {9000, {0x41, 0x9A, 8}}, {12000, {0x41, 0x9A, 9}}};
}

TEST_F(H264Depacketizer, TakesSlicesThatAllHaveTheMarkerForOnePicture) {
    depacketizer = Depacketizer({media::H264Config{}}, {.wary_of_markers = true});
    std::uint16_t sequence = 0;
    ASSERT_TRUE(feed({++sequence, 0, true}, kSps));
    ASSERT_TRUE(feed({++sequence, 0, true}, kPps));
    for (auto const& slice : slices_with_markers()) {
        ASSERT_TRUE(feed({++sequence, slice.rtptime, true}, slice.nalu));
    }
    ASSERT_EQ(units.size(), 4U);
    EXPECT_EQ(bytes_of(units[0]), avcc({{0x65, 0x88, 1}, {0x65, 0x18, 2}, {0x65, 0x08, 3}}));
    EXPECT_EQ(bytes_of(units[1]), avcc({{0x41, 0x9A, 4}, {0x41, 0x1A, 5}}));
    EXPECT_EQ(bytes_of(units[2]), avcc({{0x41, 0x9A, 6}, {0x41, 0x0A, 7}}));
    EXPECT_EQ(bytes_of(units[3]), avcc({{0x41, 0x9A, 8}}));
    EXPECT_EQ(depacketizer.units_dropped(), 0U);
}

TEST_F(H264Depacketizer, LearnsFromTheFirstPictureWhereItTrustedTheMarker) {
    std::uint16_t sequence = 0;
    for (auto const& slice : slices_with_markers()) {
        ASSERT_TRUE(feed({++sequence, slice.rtptime, true}, slice.nalu));
    }
    ASSERT_EQ(units.size(), 4U);
    EXPECT_EQ(bytes_of(units[0]), avcc({{0x65, 0x88, 1}})) << "had gone out";
    EXPECT_EQ(bytes_of(units[1]), avcc({{0x41, 0x9A, 4}, {0x41, 0x1A, 5}}));
    EXPECT_EQ(depacketizer.units_dropped(), 1U);
}

TEST_F(H264Depacketizer, WhoMarksPicturesIsTrustedFromTheSecondOneOn) {
    depacketizer = Depacketizer({media::H264Config{}}, {.wary_of_markers = true});
    ASSERT_TRUE(feed({1, 0}, {0x65, 0x88, 1}));
    ASSERT_TRUE(feed({2, 0, true}, {0x65, 0x18, 2}));
    EXPECT_TRUE(units.empty());
    ASSERT_TRUE(feed({3, 3000, true}, {0x41, 0x9A, 3}));
    EXPECT_EQ(units.size(), 2U) << "the first one, and this one at once";
    ASSERT_TRUE(feed({4, 3000, true}, {0x41, 0x9A, 4}));
    EXPECT_EQ(units.size(), 3U) << "two pictures of one time stay two";
}

TEST_F(H264Depacketizer, DropsAPictureOfWhichAPacketIsMissing) {
    ASSERT_TRUE(feed({1, 0}, {0x7C, 0x85, 0x88}));
    auto const fed = feed({3, 0, true}, {0x7C, 0x45, 1});  // 2 is lost
    ASSERT_TRUE(fed);
    EXPECT_EQ(fed->lost, 1U);
    ASSERT_TRUE(feed({4, 3000, true}, {0x41, 0x9A, 1}));
    ASSERT_EQ(units.size(), 1U);
    EXPECT_EQ(depacketizer.units_dropped(), 1U);
    EXPECT_EQ(depacketizer.packets_lost(), 1U);
}

TEST_F(H264Depacketizer, AfterALossTakesOnlyAPictureFromItsBeginning) {
    ASSERT_TRUE(feed({1, 0, true}, {0x41, 0x9A, 1}));
    ASSERT_TRUE(feed({3, 3000, true}, {0x41, 0x1A, 1}));  // its first slice may be packet 2
    ASSERT_TRUE(feed({5, 6000, true}, {0x41, 0x9A, 1}));  // first_mb_in_slice is 0
    ASSERT_TRUE(feed({7, 9000}, {0x7C, 0x81, 0x9A, 1}));
    ASSERT_TRUE(feed({8, 9000, true}, {0x7C, 0x41, 1}));
    ASSERT_EQ(units.size(), 3U);
    EXPECT_EQ(units[1].pts, base::from_ticks(6000, 90000));
    EXPECT_EQ(depacketizer.packets_lost(), 3U);
}

struct Hostile {
    char const* name;
    base::Bytes bytes;
    Error error;
};

TEST_F(H264Depacketizer, RefusesHostilePacketsAndGoesOn) {
    auto const with = [](std::size_t at, std::uint8_t value, base::Bytes payload) {
        auto bytes = packet({10, 0}, payload);
        bytes[at] = value;
        return bytes;
    };
    Hostile const cases[] = {
        {"empty", {}, Error::truncated},
        {"short", base::Bytes(11, 0x80), Error::truncated},
        {"version 0", with(0, 0x00, {0x41, 1}), Error::bad_version},
        {"version 1", with(0, 0x40, {0x41, 1}), Error::bad_version},
        {"15 CSRCs", with(0, 0x8F, {0x41, 1}), Error::truncated},
        {"extension lies", with(0, 0x90, {0xBE, 0xDE, 0xFF, 0xFF}), Error::truncated},
        {"padding too large", with(0, 0xA0, {0x41, 0xFF}), Error::bad_padding},
        {"padding of 0", with(0, 0xA0, {0x41, 0x00}), Error::bad_padding},
        {"payload type", with(1, 97, {0x41, 1}), Error::wrong_payload_type},
        {"no payload", packet({10, 0}, {}), Error::empty_payload},
        {"STAP empty", packet({11, 0}, {0x18}), Error::bad_aggregate},
        {"STAP size 0", packet({12, 12}, {0x18, 0, 0}), Error::bad_aggregate},
        {"STAP lies", packet({13, 13}, {0x18, 0xFF, 0xFF, 1}), Error::bad_aggregate},
        {"STAP odd byte", packet({14, 14}, {0x18, 0, 1, 0x41, 0}), Error::bad_aggregate},
        {"STAP-B", packet({15, 15}, {0x19, 0, 0, 0, 1, 0x41}), Error::unsupported_nalu},
        {"MTAP", packet({16, 16}, {0x1A, 0, 0}), Error::unsupported_nalu},
        {"type 0", packet({17, 17}, {0x00, 0}), Error::unsupported_nalu},
        {"FU short", packet({18, 18}, {0x7C}), Error::truncated},
    };
    for (auto const& c : cases) {
        auto const fed = depacketizer.feed(c.bytes, units);
        ASSERT_FALSE(fed) << c.name;
        EXPECT_EQ(fed.error(), c.error) << c.name;
        EXPECT_FALSE(describe(fed.error()).empty());
    }
    EXPECT_TRUE(units.empty());
    ASSERT_TRUE(feed({19, 90, true}, {0x41, 0x9A}));
    EXPECT_EQ(units.size(), 1U);
}

TEST_F(H264Depacketizer, RefusesFragmentsWithoutStartAndNestedOnes) {
    EXPECT_EQ(feed({1, 0}, {0x7C, 0x05, 1}).error(), Error::bad_fragment);
    EXPECT_TRUE(feed({2, 90}, {0x7C, 0x85, 0x88}));
    EXPECT_EQ(feed({3, 90}, {0x7C, 0x85, 0x88}).error(), Error::bad_fragment);
    EXPECT_TRUE(feed({4, 180}, {0x7C, 0x85, 0x88}));
    EXPECT_EQ(feed({5, 180}, {0x41, 0x88}).error(), Error::bad_fragment);
    EXPECT_EQ(depacketizer.units_dropped(), 3U);
}

TEST_F(H264Depacketizer, BoundsAFragmentedUnitWithoutEnd) {
    base::Bytes piece(60000, 1);
    piece[0] = 0x7C;
    std::uint16_t sequence = 0;
    bool refused = false;
    for (int i = 0; i < 300 && !refused; ++i) {
        piece[1] = i == 0 ? 0x85 : 0x05;
        auto const fed = feed({sequence++, 0}, piece);
        refused = !fed && fed.error() == Error::unit_too_large;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(depacketizer.units_dropped(), 1U);
}

TEST_F(H264Depacketizer, BoundsTheNumberOfNalUnits) {
    base::Bytes stap{0x18};
    for (std::size_t i = 0; i <= media::kMaxNalus; ++i) stap.insert(stap.end(), {0, 2, 0x41, 0x9A});
    EXPECT_EQ(feed({1, 0}, stap).error(), Error::too_many_nalus);
}

TEST_F(H264Depacketizer, CountsOnlyTheNalUnitsThatItKeeps) {
    base::Bytes stap{0x18};
    for (auto const& set : {kSps, kPps}) {
        stap.insert(stap.end(), {0, static_cast<std::uint8_t>(set.size())});
        stap.insert(stap.end(), set.begin(), set.end());
    }
    for (std::size_t i = 0; i < media::kMaxNalus; ++i) {
        stap.insert(stap.end(), {0, 2, 0x41, 0x9A});
    }
    ASSERT_TRUE(feed({1, 0, true}, stap));
    ASSERT_EQ(units.size(), 1U);
    EXPECT_EQ(units[0].payload.size(), media::kMaxNalus * 6);
}

// What RTMP takes must come out of RTP again, also in the smallest packets that a setting allows.
TEST(Depacketizer, TheLargestUnitGoesThroughPackets) {
    for (std::size_t const max_payload : {kMaxPayload, std::size_t{100}}) {
        media::Track const track{media::H264Config{kSps, kPps}};
        Packetizer packetizer(track,
                              {.ssrc = 1, .first_sequence = 60000, .max_payload = max_payload});
        auto const largest = avcc({nalu({0x65}, media::kMaxUnit - 10), {0x65, 0x9A}});
        ASSERT_EQ(largest.size(), media::kMaxUnit);
        auto const train = packetizer.packetize(unit(largest));
        auto const piece = max_payload - 2;
        auto const pieces = (media::kMaxUnit - 11 + piece - 1) / piece;
        EXPECT_EQ(train.packets, pieces + 2) << "the sets before, the small slice behind";
        Depacketizer depacketizer(track, {});
        std::vector<media::Unit> units;
        auto rest = train.bytes.view();
        while (auto const frame = next_frame(rest)) {
            ASSERT_TRUE(depacketizer.feed(frame->payload, units));
        }
        ASSERT_EQ(units.size(), 1U);
        EXPECT_TRUE(bytes_of(units[0]) == largest);
        EXPECT_TRUE(packetizer.packetize(unit(avcc({nalu({0x65}, media::kMaxUnit - 3)}))).empty());
    }
}

TEST_F(H264Depacketizer, IgnoresRepeatedAndLatePackets) {
    ASSERT_TRUE(feed({10, 0, true}, {0x41, 0x9A}));
    EXPECT_EQ(feed({10, 0, true}, {0x41, 0x9A}).error(), Error::late_or_duplicate);
    EXPECT_EQ(feed({65535, 0, true}, {0x41, 0x9A}).error(), Error::late_or_duplicate);
    EXPECT_TRUE(feed({11, 90, true}, {0x41, 0x9A}));
    EXPECT_EQ(units.size(), 2U);
}

TEST_F(H264Depacketizer, TakesAJumpOrANewSourceAsANewStart) {
    ASSERT_TRUE(feed({10, 0, true}, {0x41, 0x9A}));
    ASSERT_TRUE(feed({30000, 90, true}, {0x41, 0x9A}));
    for (std::uint32_t ssrc = 2; ssrc < 20; ++ssrc) {
        ASSERT_TRUE(feed({static_cast<std::uint16_t>(ssrc * 7919), 90 * ssrc, true, 96, ssrc},
                         {0x41, 0x9A}));
    }
    EXPECT_EQ(units.size(), 20U);
    EXPECT_EQ(depacketizer.packets_lost(), 0U);
}

TEST(Depacketizer, ContinuesTimestampsOverTheWrapAndDatesOthers) {
    Depacketizer depacketizer({media::OpusConfig{}}, {});
    std::vector<media::Unit> units;
    ASSERT_TRUE(depacketizer.feed(packet({1, 0xFFFFFF00}, {1}), units));
    ASSERT_TRUE(depacketizer.feed(packet({2, 48000 - 256}, {1}), units));
    EXPECT_EQ(units[0].pts, milliseconds{0});
    EXPECT_EQ(units[1].pts, milliseconds{1000});
    EXPECT_EQ(depacketizer.time_of(0xFFFFFF00 - 480), milliseconds{-10});
    EXPECT_EQ(depacketizer.time_of(2 * 48000 - 256), milliseconds{2000});
}

class AacDepacketizer : public testing::Test {
protected:
    std::expected<Fed, Error> feed(Packet const& header, base::Bytes const& payload) {
        return depacketizer.feed(packet(header, payload), units);
    }
    Depacketizer depacketizer{{media::AacConfig{{0x12, 0x10}, 44100, 2}}, {}};
    std::vector<media::Unit> units;
};

TEST_F(AacDepacketizer, SpreadsAggregatedUnitsOverTime) {
    ASSERT_TRUE(feed({1, 0, true}, {0, 32, 0, 16, 0, 8, 'a', 'b', 'c'}));
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(bytes_of(units[0]), (base::Bytes{'a', 'b'}));
    EXPECT_EQ(bytes_of(units[1]), (base::Bytes{'c'}));
    EXPECT_EQ(units[1].pts, base::from_ticks(1024, 44100));
}

TEST_F(AacDepacketizer, JoinsPiecesThatTellTheWholeSizeOrTheirOwn) {
    ASSERT_TRUE(feed({1, 0}, {0, 16, 0, 32, 'a', 'b'}));
    ASSERT_TRUE(feed({2, 0, true}, {0, 16, 0, 32, 'c', 'd'}));
    ASSERT_TRUE(feed({3, 1024}, {0, 16, 0, 16, 'e', 'f'}));
    ASSERT_TRUE(feed({4, 1024, true}, {0, 16, 0, 8, 'g'}));
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(bytes_of(units[0]), (base::Bytes{'a', 'b', 'c', 'd'}));
    EXPECT_EQ(bytes_of(units[1]), (base::Bytes{'e', 'f', 'g'}));
}

TEST_F(AacDepacketizer, RefusesLyingHeaders) {
    base::Bytes const cases[] = {{0},          {0, 0},        {0xFF, 0xFF, 0},
                                 {0, 8, 0, 1}, {0, 16, 0, 0}, {0, 32, 0, 8, 0xFF, 0xF8, 'a'}};
    std::uint16_t sequence = 0;
    for (auto const& payload : cases) {
        EXPECT_EQ(feed({++sequence, 0, true}, payload).error(), Error::bad_aggregate);
    }
}

TEST(Mp3Depacketizer, TakesSeveralFramesAndRefusesBadPieces) {
    Depacketizer depacketizer({media::Mp3Config{}}, {.payload_type = 14});
    std::vector<media::Unit> units;
    base::Bytes two(4, 0);
    auto const frame = mp3_frame(1);
    for (int i = 0; i < 2; ++i) two.insert(two.end(), frame.begin(), frame.end());
    ASSERT_TRUE(depacketizer.feed(packet({1, 0, true, 14}, two), units));
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(units[1].pts, base::from_ticks(90000 * 1152 / 44100, 90000));
    EXPECT_EQ(depacketizer.feed(packet({2, 0, true, 14}, {0, 0, 0, 9, 1}), units).error(),
              Error::bad_fragment);
    EXPECT_EQ(depacketizer.feed(packet({3, 0, true, 14}, {0, 0}), units).error(), Error::truncated);
}

}  // namespace
}  // namespace tidegate::rtp
