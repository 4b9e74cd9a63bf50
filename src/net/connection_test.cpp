// A connection through a real socket pair: who may end it, for what reason, and what its peer still
// gets to read.
#include "net/connection.hpp"
#include "net/late_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "net/task_group.hpp"

namespace tidegate::net {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Keeps what it reads; a 'w' at its end asks for a turn before the next read, a '!' throws.
class Session final : public Connection {
public:
    Session(tcp::socket socket, EventLoop& loop)
        : Connection(std::move(socket), loop, {16, 1 << 20}) {}

    using Connection::bytes_received;
    using Connection::close;
    using Connection::close_after_writes;
    using Connection::pause;
    using Connection::serve;
    using Connection::set_deadline;
    using Connection::set_read_timeout;
    using Connection::set_write_timeout;
    using Connection::writes;

    // As answer_of() needs them.
    asio::awaitable<bool> wait(std::chrono::milliseconds duration) { return pause(duration); }
    std::function<void()> wake() const { return waker(); }

    std::string received;
    int turns = 0;
    bool paused_to_the_end = false;

private:
    Turn on_bytes(base::ByteView bytes) override {
        received.append(bytes.begin(), bytes.end());
        if (received.ends_with('!')) throw std::runtime_error("broken");
        return received.ends_with('w') ? Turn::wait : Turn::read_on;
    }
    asio::awaitable<void> before_next_read() override {
        ++turns;
        paused_to_the_end = co_await pause(1h);
    }
};

class ConnectionTest : public testing::Test {
protected:
    asio::io_context io_{1};
    std::vector<std::string> exceptions_;
    EventLoop loop_{io_, 0, [this](auto const& name, auto const& what) {
                        exceptions_.push_back(name + ": " + what);
                    }};
    tcp::socket peer_{io_};
    std::optional<Session> session_;
    std::optional<std::string> reason_;
    std::optional<EndCause> cause_;
    std::string addresses_;  // of the session and its peer, as reasons name them

    static std::string to_text(tcp::endpoint const& endpoint) {
        return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
    }

    void SetUp() override {
        tcp::acceptor acceptor(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        peer_.connect(acceptor.local_endpoint());
        session_.emplace(acceptor.accept(), loop_);
        addresses_ = to_text(peer_.remote_endpoint()) + "->" + to_text(peer_.local_endpoint());
        loop_.tasks().spawn("session", run());
    }
    void TearDown() override {
        if (session_ && !reason_) session_->close("test over");
        run_until([&] { return loop_.tasks().size() == 0; });
        EXPECT_THAT(exceptions_, testing::IsEmpty());
    }

    asio::awaitable<void> run() {
        auto end = co_await session_->serve();
        cause_ = end.cause;
        reason_ = std::move(end.text);
    }

    template <class Done>
    void run_until(Done done) {
        auto const end = std::chrono::steady_clock::now() + 20s;
        io_.restart();
        while (!done() && std::chrono::steady_clock::now() < end) io_.run_one_for(50ms);
        EXPECT_TRUE(done());
    }
    std::string ended() {
        run_until([&] { return reason_.has_value(); });
        return reason_.value_or("");
    }
    void push(std::string_view text) {
        session_->writes().push(base::SharedBytes::copy_of(base::as_bytes(text)));
    }
};

TEST_F(ConnectionTest, HandsOverWhatArrivesAndEndsWithThePeer) {
    asio::write(peer_, asio::buffer("hello", 5));
    run_until([&] { return session_->received == "hello"; });
    EXPECT_EQ(session_->bytes_received(), 5U);
    EXPECT_THAT(session_->remote_address(), StartsWith("127.0.0.1:"));
    EXPECT_EQ(session_->remote_ip(), "127.0.0.1");
    peer_.close();
    EXPECT_EQ(ended(), "EOF");
    EXPECT_EQ(cause_, EndCause::end_of_stream);
    EXPECT_TRUE(ended_by_peer(*cause_) && ended_reading(*cause_) && !ended_writing(*cause_));
}

TEST_F(ConnectionTest, AnExceptionEndsItsOwnTaskAndNotTheLoop) {
    asio::write(peer_, asio::buffer("oh!", 3));
    run_until([&] { return loop_.tasks().size() == 0; });
    EXPECT_THAT(std::exchange(exceptions_, {}), testing::ElementsAre("session: broken"));
    EXPECT_FALSE(reason_);
}

TEST_F(ConnectionTest, ReadsMoreThanItsBufferHoldsAtOnce) {
    std::string const large(5 * kReadBufferSize, 'x');
    std::thread writer([&] { asio::write(peer_, asio::buffer(large)); });
    run_until([&] { return session_->received.size() == large.size(); });
    writer.join();
    EXPECT_EQ(session_->received, large);
}

TEST_F(ConnectionTest, AResetNamesOperationAndAddresses) {
    peer_.set_option(asio::socket_base::linger(true, 0));
    peer_.close();
    EXPECT_EQ(ended(), "read tcp " + addresses_ + ": read: connection reset by peer");
    EXPECT_EQ(cause_, EndCause::read_reset);
    EXPECT_TRUE(ended_by_peer(*cause_) && ended_reading(*cause_));
}

TEST_F(ConnectionTest, AWriteToAConnectionThatWasResetIsThePeersDoingToo) {
    peer_.set_option(asio::socket_base::linger(true, 0));
    peer_.close();
    push("x");
    session_->writes().flush();
    EXPECT_EQ(ended(), "write tcp " + addresses_ + ": write: connection reset by peer");
    EXPECT_EQ(cause_, EndCause::write_reset);
    EXPECT_TRUE(ended_by_peer(*cause_) && ended_writing(*cause_));
}

TEST_F(ConnectionTest, ASilentPeerIsEndedByTheReadTimeout) {
    session_->set_read_timeout(200ms);
    EXPECT_THAT(ended(), EndsWith("i/o timeout"));
    EXPECT_THAT(*reason_, StartsWith("read tcp "));
    EXPECT_EQ(cause_, EndCause::read_timeout);
    EXPECT_FALSE(ended_by_peer(*cause_));
}

TEST_F(ConnectionTest, EveryByteRenewsTheReadTimeoutButNotTheDeadline) {
    session_->set_read_timeout(1s);
    session_->set_deadline(LoopClock::now() + 2s);
    auto const start = LoopClock::now();
    while (!reason_ && LoopClock::now() - start < 20s) {
        boost::system::error_code closed;
        asio::write(peer_, asio::buffer(".", 1), closed);
        io_.run_for(50ms);
    }
    EXPECT_THAT(reason_.value_or(""), EndsWith("i/o timeout"));
    EXPECT_GE(LoopClock::now() - start, 2s);
}

TEST_F(ConnectionTest, APeerThatTakesNothingIsEndedByTheWriteTimeout) {
    session_->set_write_timeout(200ms);
    auto const start = LoopClock::now();
    std::string const large(1 << 19, 'x');
    while (!reason_ && LoopClock::now() - start < 20s) {
        push(large);
        session_->writes().flush();
        io_.run_for(10ms);
    }
    EXPECT_THAT(reason_.value_or(""), StartsWith("write tcp "));
    EXPECT_THAT(*reason_, EndsWith("i/o timeout"));
    EXPECT_EQ(cause_, EndCause::write_timeout);
    EXPECT_FALSE(ended_by_peer(*cause_));
}

TEST_F(ConnectionTest, TheFirstReasonWins) {
    session_->close("first");
    session_->close("second");
    EXPECT_EQ(ended(), "first");
    EXPECT_EQ(cause_, EndCause::closed);
}

TEST_F(ConnectionTest, LastWordsReachAPeerThatGoesOnSending) {
    std::string const words(100'000, 'w');
    std::string sent(100'000, 'x');
    asio::write(peer_, asio::buffer(sent));
    run_until([&] { return !session_->received.empty(); });
    push(words);
    session_->close_after_writes("refused");
    std::string read;
    std::thread reader([&] {
        boost::system::error_code end;
        asio::read(peer_, asio::dynamic_buffer(read), end);
        peer_.close();
    });
    EXPECT_EQ(ended(), "refused");
    reader.join();
    EXPECT_EQ(read, words);
}

TEST_F(ConnectionTest, WhatIsQueuedReachesAPeerThatReadsLate) {
    std::string const words(16 << 20, 'w');  // more than the socket buffers of both sides hold
    asio::write(peer_, asio::buffer("unread", 6));
    push(words);
    session_->close_after_writes("done");
    EXPECT_FALSE(session_->writes().empty());
    std::string read;
    std::thread reader([&] {
        boost::system::error_code end;
        asio::read(peer_, asio::dynamic_buffer(read), end);
        EXPECT_EQ(end, asio::error::eof);
        peer_.close();
    });
    EXPECT_EQ(ended(), "done");
    reader.join();
    EXPECT_TRUE(read == words) << read.size();
}

TEST_F(ConnectionTest, APeerThatTakesNothingIsClosedInSpiteOfWhatIsQueued) {
    push(std::string(16 << 20, 'w'));
    session_->close_after_writes("done");
    EXPECT_EQ(ended(), "done");
    EXPECT_FALSE(session_->writes().empty());
}

TEST_F(ConnectionTest, ACloserWorksFromAnyThreadAndOutlivesItsConnection) {
    auto const close = session_->closer();
    std::thread([&] { close("kicked"); }).join();
    EXPECT_EQ(ended(), "kicked");
    run_until([&] { return loop_.tasks().size() == 0; });
    session_.reset();
    close("nobody");
    io_.restart();
    io_.poll();
}

TEST_F(ConnectionTest, AStoppedTaskEndsWithoutTheNextByte) {
    run_until([&] { return loop_.tasks().size() == 1; });
    io_.restart();
    io_.poll();
    loop_.tasks().stop();
    EXPECT_EQ(ended(), "Operation canceled");
}

TEST_F(ConnectionTest, AConnectionThatGoesWithABytePendingIsNotReadAgain) {
    io_.restart();
    io_.poll();
    session_->close("enough");
    asio::write(peer_, asio::buffer("late", 4));
    EXPECT_EQ(ended(), "enough");
    EXPECT_EQ(session_->received, "");
    session_.reset();
    io_.restart();
    io_.poll();
}

TEST_F(ConnectionTest, AWantedTurnComesBeforeTheNextReadAndClosingCutsItShort) {
    asio::write(peer_, asio::buffer("w", 1));
    run_until([&] { return session_->turns == 1; });
    asio::write(peer_, asio::buffer("more", 4));
    io_.restart();
    io_.poll();
    EXPECT_EQ(session_->received, "w");
    session_->close("enough");
    EXPECT_EQ(ended(), "enough");
    EXPECT_FALSE(session_->paused_to_the_end);
    EXPECT_EQ(session_->received, "w");
}

// Asks for a text, with the given way of answering, and keeps what came of it.
struct Asked {
    using Later = std::function<void(std::string)>;
    Asked(Session& session, TaskGroup& tasks,
          std::function<std::optional<std::string>(Later)> ask) {
        tasks.spawn("ask", run(session, std::move(ask)));
    }
    asio::awaitable<void> run(Session& session,
                              std::function<std::optional<std::string>(Later)> ask) {
        answer = co_await answer_of<std::string>(session, std::move(ask));
        done = true;
    }
    bool done = false;
    std::optional<std::string> answer;
};

TEST_F(ConnectionTest, TakesAnAnswerAtOnceOrFromAnotherThread) {
    Asked const at_once(*session_, loop_.tasks(), [](Asked::Later const&) { return "now"; });
    run_until([&] { return at_once.done; });
    EXPECT_EQ(at_once.answer, "now");

    std::thread other;
    Asked const later(*session_, loop_.tasks(), [&](Asked::Later answer) {
        other = std::thread([answer = std::move(answer)] { answer("later"); });
        return std::nullopt;
    });
    run_until([&] { return later.done; });
    other.join();
    EXPECT_EQ(later.answer, "later");
}

TEST_F(ConnectionTest, GivesAnAnswerUpWhenItClosesAndMayBeToldAfterItsEnd) {
    Asked::Later kept;
    Asked const asked(*session_, loop_.tasks(), [&](Asked::Later answer) {
        kept = std::move(answer);
        return std::nullopt;
    });
    run_until([&] { return kept != nullptr; });
    session_->close("test");
    run_until([&] { return asked.done && reason_.has_value(); });
    EXPECT_EQ(asked.answer, std::nullopt);
    session_.reset();
    kept("too late");
    io_.restart();
    io_.poll();
}

}  // namespace
}  // namespace tidegate::net
