#include "log/writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace tidegate::log {
namespace {

class Pipe {
public:
    Pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
    ~Pipe() {
        close_reader();
        close_writer();
    }
    int writer() const { return ends_[1]; }
    void close_reader() { close(0); }
    void close_writer() { close(1); }

    std::string read_some() const {
        std::array<char, 65536> buffer;
        auto const count = ::read(ends_[0], buffer.data(), buffer.size());
        return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count))
                         : std::string();
    }
    std::string read_until(std::string_view end) const {
        std::string text;
        while (!text.ends_with(end)) text += read_some();
        return text;
    }
    std::string read_all() const {
        std::string text;
        for (auto part = read_some(); !part.empty(); part = read_some()) text += part;
        return text;
    }

private:
    void close(std::size_t end) {
        if (ends_[end] >= 0) ::close(ends_[end]);
        ends_[end] = -1;
    }
    std::array<int, 2> ends_{-1, -1};
};

std::string dropped(std::uint64_t count) {
    return "dropped " + std::to_string(count) + "\n";
}

constexpr Writer::Bounds kBounds{.lines = 8192, .bytes = 1 << 20};

TEST(Writer, ALineArrivesWithoutWaitingForMore) {
    Pipe pipe;
    Writer writer(pipe.writer(), kBounds, dropped);
    writer.append("one\n", Urgency::batched);
    EXPECT_EQ(pipe.read_until("\n"), "one\n");
}

TEST(Writer, LinesOfManyThreadsStayWholeAndInEachThreadsOrder) {
    Pipe pipe;
    constexpr int kThreads = 4;
    constexpr int kLines = 1000;
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    {
        Writer writer(pipe.writer(), kBounds, dropped);
        std::vector<std::thread> threads;
        threads.reserve(kThreads);
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&writer, t] {
                for (int i = 0; i < kLines; ++i) {
                    writer.append(std::to_string(t) + " " + std::to_string(i) + "\n",
                                  Urgency::batched);
                }
            });
        }
        for (auto& thread : threads) thread.join();
    }
    pipe.close_writer();
    reader.join();
    std::array<int, kThreads> next{};
    std::size_t lines = 0;
    for (std::size_t begin = 0; begin < text.size(); ++lines) {
        auto const end = text.find('\n', begin);
        ASSERT_NE(end, std::string::npos);
        auto const line = text.substr(begin, end - begin);
        auto const thread = static_cast<std::size_t>(line[0] - '0');
        EXPECT_EQ(line, std::to_string(thread) + " " + std::to_string(next.at(thread)++));
        begin = end + 1;
    }
    EXPECT_EQ(lines, std::size_t{kThreads * kLines});
}

TEST(Writer, AStalledReaderCostsLinesNotTheCallersTime) {
    Pipe pipe;
    constexpr int kLines = 50'000;  // far more than the pipe and the queue hold
    Writer writer(pipe.writer(), {.lines = 100, .bytes = 100'000}, dropped);
    std::string const line = std::string(99, 'x') + "\n";
    for (int i = 0; i < kLines; ++i)
        writer.append(line, Urgency::batched);  // returns: nobody reads yet
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    writer.stop();
    pipe.close_writer();
    reader.join();
    std::uint64_t written = 0;
    std::uint64_t lost = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        auto const end = text.find('\n', begin);
        auto const one = text.substr(begin, end - begin);
        if (one.starts_with("dropped ")) {
            lost += std::stoull(one.substr(8));
        } else {
            ++written;
        }
        begin = end + 1;
    }
    EXPECT_GT(lost, 0U);
    EXPECT_EQ(written + lost, std::uint64_t{kLines});
}

TEST(Writer, StopWritesWhatWaitsAndLaterLinesGoOutDirectly) {
    Pipe pipe;
    Writer writer(pipe.writer(), kBounds, dropped);
    writer.append("before\n", Urgency::batched);
    writer.stop();
    writer.append("after\n", Urgency::batched);
    pipe.close_writer();
    EXPECT_EQ(pipe.read_all(), "before\nafter\n");
}

TEST(Writer, StopDoesNotWaitForEverForAReaderThatHasStalled) {
    // Never closed: the writer's thread, left behind, goes on writing to this descriptor, which
    // would be another test's next.
    static Pipe& pipe = *new Pipe;
    Writer writer(pipe.writer(), kBounds, dropped);
    std::string const big(512 * 1024, 'x');
    writer.append(big, Urgency::now);
    writer.stop();
    SUCCEED();
}

TEST(Writer, AReaderThatHasGoneHarmsNothing) {
    Pipe pipe;
    pipe.close_reader();
    Writer writer(pipe.writer(), kBounds, dropped);
    for (int i = 0; i < 100; ++i) writer.append("x\n", Urgency::now);
    writer.stop();
    SUCCEED();  // neither SIGPIPE nor a hang
}

TEST(Writer, ANonBlockingDescriptorLosesNothing) {
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
    Writer writer(pipe.writer(), kBounds, dropped);
    std::string const big(300'000, 'y');
    writer.append(big + "\n", Urgency::now);
    EXPECT_EQ(pipe.read_until("\n").size(), big.size() + 1);
}

}  // namespace
}  // namespace tidegate::log
