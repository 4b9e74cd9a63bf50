// Every state of the server session against everything that a client can send: what reaches the
// sink, how many replies go out, or the error.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "rtmp/core/dialogue.hpp"

namespace tidegate::rtmp::test {
namespace {

using Step = std::function<Result(Dialogue&)>;

Result in_turn(Dialogue& dialogue, std::vector<Step> const& steps) {
    for (auto const& step : steps) {
        if (auto const result = step(dialogue); !result) return result;
    }
    return {};
}

Step command(std::string name, std::vector<amf0::Value> arguments = {}) {
    return [=](Dialogue& dialogue) { return dialogue.command({name, 2, amf0::Null{}, arguments}); };
}

Step message(MessageType type, base::Bytes body) {
    return [=](Dialogue& dialogue) { return dialogue.send(type, body); };
}

Step const kShake = [](Dialogue& dialogue) { return dialogue.shake_hands(); };
Step const kConnect = [](Dialogue& dialogue) { return dialogue.connect(); };
Step const kPublish = command("publish", {"in"});
Step const kPlay = command("play", {"out"});
Step const kAcceptPublish = [](Dialogue& dialogue) -> Result {
    dialogue.session.accept_publish();
    return {};
};
Step const kAcceptPlay = [](Dialogue& dialogue) -> Result {
    dialogue.session.accept_play({});
    return {};
};
Step const kReject = [](Dialogue& dialogue) -> Result {
    dialogue.session.reject("NetStream.Publish.Denied", "no");
    return {};
};

std::map<std::string, std::vector<Step>> const kStates = {
    {"shaken", {kShake}},
    {"connected", {kShake, kConnect}},
    {"publish asked", {kShake, kConnect, kPublish}},
    {"publishing", {kShake, kConnect, kPublish, kAcceptPublish}},
    {"play asked", {kShake, kConnect, kPlay}},
    {"playing", {kShake, kConnect, kPlay, kAcceptPlay}},
    {"rejected", {kShake, kConnect, kPublish, kReject}},
    {"ended", {kShake, kConnect, kPublish, command("deleteStream", {1.0})}},
};

std::map<std::string, Step> const kEvents = {
    {"connect", kConnect},
    {"createStream", command("createStream")},
    {"publish", kPublish},
    {"play", kPlay},
    {"deleteStream", command("deleteStream", {1.0})},
    {"closeStream", command("closeStream")},
    {"FCUnpublish", command("FCUnpublish", {"in"})},
    {"unknown command", command("unknown")},
    {"video", message(MessageType::video, hex("1700000000"))},
    {"audio", message(MessageType::audio, hex("af01"))},
    {"metadata", message(MessageType::data_amf0,
                         amf0::write_all({"onMetaData", amf0::Object{}.with("width", 1.0)}))},
    {"ping", message(MessageType::user_control, hex("0006 00000000"))},
    {"unknown message", message(static_cast<MessageType>(99), hex("00"))},
};

// "" when nothing happens; else what does, e.g. "media", "replies 4", "error: connect was sent
// twice".
std::string outcome(std::vector<Step> const& before, Step const& event) {
    Dialogue dialogue;
    EXPECT_TRUE(in_turn(dialogue, before));
    dialogue.drain();
    dialogue.take_replies();
    dialogue.sink = {};
    if (auto const result = event(dialogue); !result) return "error: " + result.error().text;
    std::string seen;
    auto const note = [&](std::string_view name, bool happened) {
        if (happened) seen.append(seen.empty() ? "" : ", ").append(name);
    };
    note("publish", !dialogue.sink.publishes.empty());
    note("play", !dialogue.sink.plays.empty());
    note("media", !dialogue.sink.media.empty());
    note("metadata", !dialogue.sink.metadata.empty());
    note("end", dialogue.sink.closed > 0);
    auto const replies = dialogue.take_replies().size();
    note("replies " + std::to_string(replies), replies > 0);
    return seen;
}

using StateRow =
    std::map<std::string, std::string>;  // event -> outcome; events not named do nothing

std::string const kFirst = "error: the first command is not connect";
std::string const kTwice = "error: connect was sent twice";
std::string const kTaken = "error: the connection has a stream already";

StateRow const kPublisher = {{"connect", kTwice},     {"createStream", "replies 1"},
                             {"publish", kTaken},     {"play", kTaken},
                             {"deleteStream", "end"}, {"closeStream", "end"},
                             {"FCUnpublish", "end"},  {"video", "media"},
                             {"audio", "media"},      {"metadata", "metadata"},
                             {"ping", "replies 1"}};
StateRow const kPlayer = {{"connect", kTwice},     {"createStream", "replies 1"},
                          {"publish", kTaken},     {"play", kTaken},
                          {"deleteStream", "end"}, {"closeStream", "end"},
                          {"FCUnpublish", "end"},  {"ping", "replies 1"}};
StateRow const kOver = {};  // everything is skipped, pings too
StateRow const kConnected = {{"connect", kTwice},
                             {"createStream", "replies 1"},
                             {"publish", "publish"},
                             {"play", "play"},
                             {"ping", "replies 1"}};

std::map<std::string, StateRow> const kExpected = {
    {"shaken",
     {{"connect", "replies 4"},
      {"createStream", kFirst},
      {"publish", kFirst},
      {"play", kFirst},
      {"deleteStream", kFirst},
      {"closeStream", kFirst},
      {"FCUnpublish", kFirst},
      {"unknown command", kFirst},
      {"ping", "replies 1"}}},
    {"connected", kConnected},
    {"publish asked", kPublisher},
    {"publishing", kPublisher},
    {"play asked", kPlayer},
    {"playing", kPlayer},
    {"rejected", kOver},
    {"ended", kConnected},
};

TEST(ServerStates, AnswerEveryEventAsTabled) {
    ASSERT_EQ(kExpected.size(), kStates.size());
    for (auto const& [state, before] : kStates) {
        auto const& row = kExpected.at(state);
        for (auto const& [name, event] : kEvents) {
            auto const expected = row.contains(name) ? row.at(name) : "";
            EXPECT_EQ(outcome(before, event), expected) << name << " when " << state;
        }
    }
}

// Any two events in a row, from every state: no crash, and the sink's rules hold.
TEST(ServerStates, KeepTheSinksRulesForAllPairsOfEvents) {
    for (auto const& [state, before] : kStates) {
        for (auto const& [first, one] : kEvents) {
            for (auto const& [second, two] : kEvents) {
                Dialogue dialogue;
                ASSERT_TRUE(in_turn(dialogue, before));
                static_cast<void>(in_turn(dialogue, {one, two, two, one}));
                auto const& sink = dialogue.sink;
                auto const where = first + ", " + second + " when " + state;
                auto const begun = static_cast<int>(sink.publishes.size() + sink.plays.size());
                EXPECT_LE(sink.closed, begun) << where;
                EXPECT_LE(begun, sink.closed + 1) << where;
                EXPECT_TRUE(sink.media.empty() || !sink.publishes.empty()) << where;
                EXPECT_TRUE(sink.metadata.empty() || !sink.publishes.empty()) << where;
            }
        }
    }
}

}  // namespace
}  // namespace tidegate::rtmp::test
