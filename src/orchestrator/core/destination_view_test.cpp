#include "orchestrator/core/destination_view.hpp"

#include <gtest/gtest.h>

namespace tidegate::orchestrator {
namespace {

class DestinationViewTest : public testing::Test {
protected:
    static StreamState in(State state) {
        StreamState stream;
        stream.state = std::move(state);
        return stream;
    }
    StreamState running(std::string phase, std::string trouble = {}, std::string error = {}) const {
        WorkerInfo worker;
        worker.status = "its status";
        worker.trouble = std::move(trouble);
        worker.forward = ForwardReport{};
        worker.forward->phase = std::move(phase);
        worker.forward->error = std::move(error);
        return in(Running{{}, Session{}, worker, {}});
    }
    DestinationView view(StreamState const* stream, bool enabled = true) const {
        return view_destination({"yt", "rtmp://h/app/…abcd", enabled, false}, stream, policy);
    }
    std::string state(StreamState const& stream, bool enabled = true) const {
        return view(&stream, enabled).state;
    }

    Policy policy;
};

TEST_F(DestinationViewTest, NamesWhatTheForwarderDoes) {
    EXPECT_EQ(view(nullptr).state, "waiting");
    EXPECT_EQ(view(nullptr, false).state, "off");
    EXPECT_EQ(state(in(Starting{})), "connecting");
    EXPECT_EQ(state(running("waiting")), "connecting");
    EXPECT_EQ(state(running("connecting")), "connecting");
    EXPECT_EQ(state(running("connecting", "gone", "gone")), "retrying");
    EXPECT_EQ(state(running("forwarding")), "forwarding");
    EXPECT_EQ(state(running("forwarding", "too slow")), "slow");
    EXPECT_EQ(state(running("retrying", "gone")), "retrying");
    EXPECT_EQ(state(running("paused", "refused")), "paused");
    EXPECT_EQ(state(in(BackingOff{})), "retrying");
    EXPECT_EQ(state(in(Failed{{}, {}, Failed::Why::refused, {}})), "refused");
    EXPECT_EQ(state(in(Failed{{}, {}, Failed::Why::configuration, {}})), "failed");
}

TEST_F(DestinationViewTest, OfASwitchedOffDestinationSaysSo) {
    auto failed = in(Failed{{}, {}, Failed::Why::refused, {}});
    failed.history.last_words = "wrong key";
    EXPECT_EQ(view(&failed).last_error, "wrong key");
    EXPECT_EQ(state(failed, false), "off");
    EXPECT_EQ(view(&failed, false).last_error, "");
    auto stopping = in(Stopping{});
    std::get<Stopping>(stopping.state).phase = Stopping::Phase::term;
    EXPECT_EQ(state(stopping, false), "stopping");
}

}  // namespace
}  // namespace tidegate::orchestrator
