#include "kubernetes/core/lease.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "kubernetes/core/members.hpp"

namespace tidegate::kubernetes {
namespace {

namespace json = boost::json;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr MicroTime kAt{seconds{1'767'348'007}};  // 2026-01-02T10:00:07Z

TEST(Lease, TimesHaveExactlySixDecimals) {
    EXPECT_EQ(to_micro_time(kAt), "2026-01-02T10:00:07.000000Z");
    EXPECT_EQ(to_micro_time(kAt + microseconds{120'300}), "2026-01-02T10:00:07.120300Z");
    EXPECT_EQ(to_micro_time(MicroTime{microseconds{-1}}), "1969-12-31T23:59:59.999999Z");
}

TEST(Lease, IsTheSameAfterAWriteAndARead) {
    Lease lease{.name = "leader",
                .uid = "u",
                .resource_version = "7",
                .holder = "me",
                .duration = seconds{10},
                .acquired = kAt,
                .renewed = kAt + microseconds{1},
                .transitions = 3,
                .labels = {{"a", "b"}},
                .annotations = {{"c", "d"}}};
    auto const object = to_json(lease, "media");
    EXPECT_EQ(text_at(object, {"metadata", "namespace"}), "media");
    EXPECT_EQ(text_at(object, {"spec", "renewTime"}), "2026-01-02T10:00:07.000001Z");
    auto const read = parse_lease(object);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, lease);
}

// As kube-apiserver 1.34 answers: an empty holderIdentity is left out.
TEST(Lease, MayHaveNoHolderAndNoTimes) {
    auto const read = parse_lease(json::parse(
        R"({"kind":"Lease","metadata":{"name":"l","uid":"u","resourceVersion":"9"},"spec":{}})"));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->holder, "");
    EXPECT_EQ(read->renewed, std::nullopt);
    EXPECT_EQ(read->transitions, 0);
}

TEST(Lease, IsRefusedIfItIsNone) {
    EXPECT_FALSE(parse_lease(json::parse("null")));
    EXPECT_FALSE(parse_lease(json::parse(R"({"metadata":{"name":"l","uid":"u"}})")));
    for (auto const* const wrong : {"0", "-1", "99999999999"}) {
        auto const text =
            std::string(R"({"metadata":{"name":"l","uid":"u","resourceVersion":"9"},)") +
            R"("spec":{"leaseDurationSeconds":)" + wrong + "}}";
        EXPECT_THAT(parse_lease(json::parse(text)).error(), testing::HasSubstr("a duration of"));
    }
}

}  // namespace
}  // namespace tidegate::kubernetes
