#include "forwarder/failure.hpp"

#include <gtest/gtest.h>

namespace tidegate::forwarder {
namespace {

endpoint::PublishEnd refused(std::string code, std::string description) {
    endpoint::PublishEnd end;
    end.refused = true;
    end.reason = code + ": " + description;
    end.code = std::move(code);
    end.description = std::move(description);
    return end;
}

TEST(Failure, OfCredentialsIsFinal) {
    for (auto const& [code, description] : {
             std::pair{"NetStream.Publish.Unauthorized", "authentication failed"},
             {"NetConnection.Connect.Rejected",
              "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=x"},
             {"NetConnection.Connect.Rejected", "code=403 need auth; authmod=llnw"},
             {"NetStream.Publish.Denied", ""},
             {"NetStream.Authenticate.Failed", ""},
             {"NetStream.Publish.BadName", "Invalid stream key"},
         }) {
        auto const failure = classify(refused(code, description), {});
        EXPECT_EQ(failure.kind, FailureKind::credentials) << code << description;
        EXPECT_TRUE(failure.is_final());
    }
}

TEST(Failure, ThatSaysNothingOfCredentialsMayPass) {
    auto const busy = classify(refused("NetStream.Publish.BadName", "Already publishing"), {});
    EXPECT_EQ(busy.kind, FailureKind::refused);
    EXPECT_FALSE(busy.is_final());
    endpoint::PublishEnd hung_up{.refused = true, .reason = "EOF", .hung_up = true};
    EXPECT_EQ(classify(hung_up, {}).kind, FailureKind::refused);
}

TEST(Failure, IsNamedByWhatHappened) {
    endpoint::PublishEnd const unreachable{.reason = "connection refused", .connected = false};
    EXPECT_EQ(classify(unreachable, {}).kind, FailureKind::connect);
    EXPECT_EQ(classify(unreachable, {.forbidden = true}).kind, FailureKind::address);
    EXPECT_TRUE(classify(unreachable, {.forbidden = true}).is_final());
    endpoint::PublishEnd const ended{.reason = "EOF"};
    EXPECT_EQ(classify(ended, {.accepted = true}).kind, FailureKind::closed);
    EXPECT_EQ(classify(ended, {.accepted = true, .stalled = true}).kind, FailureKind::stalled);
    EXPECT_EQ(classify(ended, {}).kind, FailureKind::timeout);
    EXPECT_EQ(name(FailureKind::address), "address");
    EXPECT_EQ(name(FailureKind::closed), "closed");
}

}  // namespace
}  // namespace tidegate::forwarder
