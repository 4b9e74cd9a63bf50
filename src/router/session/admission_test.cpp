#include "router/session/admission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "router/paths/publication.hpp"
#include "router/paths/test_paths.hpp"

namespace tidegate::router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kConf[] = R"(
authInternalUsers:
- user: any
  permissions: [{action: read, path: open}, {action: publish, path: open}]
- user: alice
  pass: wonder
  permissions: [{action: read}, {action: publish}]
paths:
  open: {maxReaders: 1}
  closed:
  there: {source: redirect, sourceRedirect: "rtsp://host/there"}
  away: {fallback: "rtsp://host/away"}
  "~^cam/(.+)$": {runOnDemand: sleep 30, runOnDemandStartTimeout: 20s, runOnRead: sleep 30}
  late: {runOnDemand: sleep 30, runOnDemandStartTimeout: 50ms}
)";

// A session whose pauses are short: refused clients wait up to four seconds.
struct Session final : Applicant {
    explicit Session(asio::io_context& io) : timer(io) {}
    asio::awaitable<bool> wait(std::chrono::milliseconds duration) override {
        longest = std::max(longest, duration);
        timer.expires_after(std::min(duration, 2ms));
        boost::system::error_code woken;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        co_return !closing;
    }
    std::function<void()> wake() const override {
        return [this] { asio::post(timer.get_executor(), [this] { timer.cancel(); }); };
    }
    void on_held(bool now) override { held.push_back(now); }

    mutable asio::steady_timer timer;
    std::chrono::milliseconds longest{};
    std::vector<bool> held;
    bool closing = false;
};

class AdmissionTest : public PathsTest {
protected:
    AdmissionTest() { configure_all(kConf); }
    void configure_all(std::string const& yaml) {
        configure(yaml);
        auto const conf = config::mediamtx::parse(yaml, {});
        EXPECT_TRUE(access_.configure(conf->global).has_value());
    }
    static AdmissionRequest request(std::string path, std::string password = "wonder") {
        AdmissionRequest request{.auth = {.action = AuthAction::read, .path = std::move(path)},
                                 .log_prefix = "[client]"};
        request.auth.ip = "10.0.0.5";
        if (!password.empty()) {
            request.auth.user = "alice";
            request.auth.password = std::move(password);
        }
        return request;
    }
    // Starts the coroutine, which puts its result where the caller looks.
    template <class T>
    static asio::awaitable<void> keep(Admission::Answer<T> answer,
                                      std::optional<std::expected<T, Refusal>>& result) {
        result.emplace(co_await std::move(answer));
    }
    template <class T>
    void start(Admission::Answer<T> answer, std::optional<std::expected<T, Refusal>>& result) {
        asio::co_spawn(io_, keep<T>(std::move(answer), result), [](std::exception_ptr failed) {
            if (failed) std::rethrow_exception(failed);
        });
    }
    template <class T>
    std::expected<T, Refusal> result_of(Admission::Answer<T> answer) {
        std::optional<std::expected<T, Refusal>> result;
        start(std::move(answer), result);
        EXPECT_TRUE(run_until([&] { return result.has_value(); }));
        return std::move(*result);
    }
    std::expected<Admitted, Refusal> admit(AdmissionRequest request) {
        return result_of(admission_.admit(std::move(request)));
    }
    Admitted admitted(std::string const& path) { return {path, "q=1", match(path)}; }
    Publication begin(std::string const& path) {
        auto begun = Publication::begin(paths_, path, match(path), publisher("P"), tracks());
        EXPECT_TRUE(begun.has_value()) << begun.error();
        return std::move(*begun);
    }

    AccessControl access_{io_};
    Session session_{io_};
    Admission admission_{paths_, access_, session_};
    PeerId const reader_{"rtspSession", "r"};
};

TEST_F(AdmissionTest, LetsInWhoIsAllowedTo) {
    auto asked = request("cam/one");
    asked.auth.query = "token=x";
    auto const client = admit(asked);
    ASSERT_TRUE(client.has_value());
    EXPECT_EQ(client->path, "cam/one");
    EXPECT_EQ(client->query, "token=x");
    EXPECT_THAT(client->match.groups, ElementsAre("one"));
    EXPECT_TRUE(admit(request("open", "")).has_value());
}

TEST_F(AdmissionTest, SaysThatAPathIsNone) {
    EXPECT_EQ(admit(request("other")).error().message, "path 'other' is not configured");
    auto const bad = admit(request("a b")).error();
    EXPECT_EQ(bad.reason, RefusalReason::bad_path);
    EXPECT_THAT(bad.message, HasSubstr("invalid path name"));
}

TEST_F(AdmissionTest, WrongCredentialsAreLoggedAndCostTime) {
    std::optional<Refusal> refusal;
    auto const lines = logged([&] { refusal = admit(request("closed", "guess")).error(); });
    EXPECT_EQ(refusal->reason, RefusalReason::credentials_wrong);
    EXPECT_EQ(refusal->message, "authentication failed");
    EXPECT_THAT(lines, ElementsAre("[client] failed to authenticate: authentication failed"));
}

TEST_F(AdmissionTest, CredentialsThatWereNotSentAreAskedForWhereThatIsPossible) {
    auto asked = request("closed", "");
    asked.can_ask = true;
    EXPECT_THAT(
        logged([&] { EXPECT_EQ(admit(asked).error().reason, RefusalReason::credentials_missing); }),
        IsEmpty());
    asked.can_ask = false;
    EXPECT_EQ(admit(asked).error().reason, RefusalReason::credentials_wrong);
}

TEST_F(AdmissionTest, APasswordMayBeProvenInsteadOfSent) {
    auto asked = request("closed", "not the password");
    asked.proves = [](std::string const& password) { return password == "wonder"; };
    EXPECT_TRUE(admit(asked).has_value());
    asked.proves = [](std::string const&) { return false; };
    EXPECT_EQ(admit(asked).error().reason, RefusalReason::credentials_wrong);
}

TEST_F(AdmissionTest, ADecisionMayComeLater) {
    configure_all("authMethod: http\nauthHTTPAddress: http://127.0.0.1:1/\npaths: {cam: }");
    EXPECT_THAT(logged([&] {
                    EXPECT_EQ(admit(request("cam")).error().reason,
                              RefusalReason::credentials_wrong);
                }),
                ElementsAre(HasSubstr("[client] failed to authenticate: ")));
}

TEST_F(AdmissionTest, ASessionThatClosesIsNotAnswered) {
    session_.closing = true;
    EXPECT_EQ(admit(request("closed", "guess")).error().reason, RefusalReason::closing);
    EXPECT_EQ(result_of(admission_.read(admitted("cam/a"), reader_, {})).error().reason,
              RefusalReason::closing);
}

TEST_F(AdmissionTest, GivesAReaderASeatThatUndoesItself) {
    auto const publication = begin("open");
    auto const stream = paths_.live("open");
    {
        auto const seat = result_of(admission_.read(admitted("open"), reader_, std::nullopt));
        ASSERT_TRUE(seat.has_value());
        EXPECT_EQ(seat->stream(), stream);
        EXPECT_THAT(*stream->readers(), ElementsAre(reader_));
        auto const second = result_of(admission_.read(admitted("open"), {"rtmpConn", "s"}, {}));
        ASSERT_FALSE(second.has_value());
        EXPECT_EQ(second.error().reason, RefusalReason::too_many_readers);
        EXPECT_EQ(second.error().message, "maximum reader count reached");
    }
    EXPECT_THAT(*stream->readers(), IsEmpty());
    EXPECT_THAT(session_.held, IsEmpty());
}

TEST_F(AdmissionTest, SaysThatThereIsNoStream) {
    auto const refusal = result_of(admission_.read(admitted("closed"), reader_, {})).error();
    EXPECT_EQ(refusal.reason, RefusalReason::no_stream);
    EXPECT_EQ(refusal.message, "no stream is available on path 'closed'");
    auto const looked = result_of(admission_.look(admitted("closed"))).error();
    EXPECT_EQ(looked.reason, RefusalReason::no_stream);
    EXPECT_EQ(looked.message, refusal.message);
}

TEST_F(AdmissionTest, SaysWhereAStreamIsInstead) {
    auto const there = result_of(admission_.look(admitted("there"))).error();
    EXPECT_EQ(there.reason, RefusalReason::redirected);
    EXPECT_EQ(there.location, "rtsp://host/there");
    EXPECT_EQ(result_of(admission_.look(admitted("away"))).error().location, "rtsp://host/away");
    auto const publication = begin("away");
    EXPECT_EQ(result_of(admission_.look(admitted("away"))).value(), paths_.live("away"));
}

TEST_F(AdmissionTest, HoldsAReaderUntilThePublisherIsThere) {
    std::optional<std::expected<ReaderSeat, Refusal>> seat;
    start(admission_.read(admitted("cam/a"), reader_, WireForm::interleaved_rtp), seat);
    EXPECT_TRUE(run_until([&] { return session_.held == std::vector{true}; }));
    run_until([] { return false; }, 20ms);
    EXPECT_FALSE(seat.has_value());
    auto const publication = begin("cam/a");
    ASSERT_TRUE(run_until([&] { return seat.has_value(); }));
    ASSERT_TRUE(seat->has_value());
    EXPECT_EQ(session_.held, (std::vector{true, false}));
    EXPECT_EQ((*seat)->stream(), paths_.live("cam/a"));
}

TEST_F(AdmissionTest, GivesUpWhenNoPublisherComesInTime) {
    auto const refusal = result_of(admission_.read(admitted("late"), reader_, {})).error();
    EXPECT_EQ(refusal.reason, RefusalReason::not_started);
    EXPECT_EQ(refusal.message, "source of path 'late' has timed out");
    EXPECT_EQ(session_.held, (std::vector{true, false}));
}

TEST_F(AdmissionTest, TheSeatRunsTheHooksOfReading) {
    auto const publication = begin("cam/a");
    auto seat = result_of(admission_.read(admitted("cam/a"), reader_, {}));
    ASSERT_TRUE(seat.has_value());
    EXPECT_FALSE(seat->is_reading());
    EXPECT_THAT(logged([&] {
                    seat->start_reading("[r]");
                    seat->start_reading("[r]");
                    EXPECT_TRUE(seat->is_reading());
                }),
                ElementsAre("[r] runOnRead command started"));
    EXPECT_THAT(logged([&] { seat->stop_reading(); }),
                ElementsAre("[r] runOnRead command stopped"));
    seat->start_reading("[r]");
    EXPECT_THAT(logged([&] { auto const gone = std::move(*seat); }),
                ElementsAre("[r] runOnRead command stopped"));
}

}  // namespace
}  // namespace tidegate::router
